//! Builds the page: compile, bind, optimise, and lay it beside what `public/` holds.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    codec, optimise, site, sizes,
    workspace::{self, WASM, Workspace},
};

/// What the page's JavaScript and WebAssembly files are called, before their endings.
const NAME: &str = "regionscope";

/// The crate of what only tests and benches ask of the simulation, and its files.
const PROBES: &str = "probes";

/// Builds the page into `dist/`. What lay there stays until the build has succeeded.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    add_wasm_target(workspace)?;
    let _turn = turn(workspace)?;
    let module = compile(workspace, "web")?;
    let folder = workspace.target().join("site");
    remove_folder(&folder)?;
    bind(&module, &folder, NAME)?;
    optimise::optimise(workspace, &folder.join(format!("{NAME}_bg.wasm")))?;
    copy_folder(&workspace.root().join("public"), &folder)?;
    join_styles(&workspace.root().join("web").join("style"), &folder.join("style.css"))?;
    site::complete(&folder)?;
    remove_folder(&workspace.dist())?;
    // A target folder on another disk cannot be moved from.
    fs::rename(&folder, workspace.dist()).or_else(|_| copy_folder(&folder, &workspace.dist()))
}

/// Waits until nobody else builds the page, or copies it: `serve` in one terminal and `test` in
/// another take turns, until what this returns is dropped.
fn turn(workspace: &Workspace) -> Result<File> {
    let lock = workspace.target().join("page.lock");
    let lock = File::create(&lock).with_context(|| format!("cannot write {}", lock.display()))?;
    lock.lock().context("cannot wait for another build of the page")?;
    Ok(lock)
}

/// Lays the finished page and the module that only tests and benches load into one folder, and
/// returns it. No reader downloads what lies in its `probes/`. Made once for all browsers: the
/// first one's server may still serve it.
pub(crate) fn with_probes(workspace: &Workspace) -> Result<&'static Path> {
    static TESTED: OnceLock<PathBuf> = OnceLock::new();
    if let Some(site) = TESTED.get() {
        return Ok(site);
    }
    let site = lay_probes(workspace)?;
    Ok(TESTED.get_or_init(|| site))
}

fn lay_probes(workspace: &Workspace) -> Result<PathBuf> {
    let _turn = turn(workspace)?;
    let module = compile(workspace, PROBES)?;
    let site = workspace.target().join("tested");
    remove_folder(&site)?;
    copy_folder(&workspace.dist(), &site)?;
    let folder = site.join(PROBES);
    bind(&module, &folder, PROBES)?;
    // What is measured is made as what readers get.
    optimise::optimise(workspace, &folder.join(format!("{PROBES}_bg.wasm")))?;
    // A driver's script cannot import a module in Firefox; an element of the page can.
    let start =
        "import init, * as probes from './probes.js';\nawait init();\nwindow.probes = probes;\n";
    fs::write(folder.join("start.js"), start).context("cannot write the probes' start.js")?;
    Ok(site)
}

/// Adds the wasm target to the toolchain where it is missing.
pub(crate) fn add_wasm_target(workspace: &Workspace) -> Result<()> {
    let mut library = workspace.command(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    library.args(["--print", "target-libdir", "--target", WASM]);
    if workspace::answer(&mut library).is_some_and(|folder| Path::new(folder.trim()).is_dir()) {
        return Ok(());
    }
    println!("adding the target {WASM}");
    workspace::run(workspace.command("rustup").args(["target", "add", WASM]))
        .with_context(|| format!("the target {WASM} is missing, and rustup could not add it"))
}

/// Compiles the library of `package` as the page's is and returns where its module lies.
fn compile(workspace: &Workspace, package: &str) -> Result<PathBuf> {
    let mut cargo = workspace.cargo(&["rustc", "--package", package, "--lib"]);
    cargo.args(["--crate-type", "cdylib", "--target", WASM, "--profile", "page"]);
    codec::choose(workspace, &mut cargo)?;
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags(workspace));
    workspace::run(&mut cargo).context("the page does not compile")?;
    Ok(workspace.target().join(WASM).join("page").join(package).with_extension("wasm"))
}

/// Names that tell one type's function from another's, for who profiles the module before it is
/// optimised.
const NAMES: &str = "-Csymbol-mangling-version=v0";

/// How large a function may be that is copied into its callers, in LLVM's units. With its own 225
/// for what is optimised for speed, the page would be 35 KB larger and hardly faster.
const INLINE: &str = "-Cllvm-args=-inline-threshold=25";

/// Flags that shorten the paths in panic messages, so that the module is the same and as small
/// whichever folder it is built in; and that bound what is inlined.
fn flags(workspace: &Workspace) -> String {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let sources = home.unwrap_or_default().join("registry").join("src");
    let folders = fs::read_dir(&sources).into_iter().flatten().flatten().map(|entry| entry.path());
    let from = folders.chain([workspace.root().to_path_buf()]);
    let flags = from.map(|folder| format!("--remap-path-prefix={}=", folder.display()));
    let flags = flags.chain([NAMES, INLINE].map(str::to_string));
    // Cargo separates encoded flags by this control character.
    flags.collect::<Vec<_>>().join("\u{1f}")
}

/// Writes the module and the JavaScript that loads it into `site`, under this name.
fn bind(module: &Path, site: &Path, name: &str) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(name).typescript(false);
    bindgen.remove_name_section(true).remove_producers_section(true);
    // The page's loader names the module's file; what only tests load finds its own.
    bindgen.omit_default_module_path(name == NAME);
    bindgen.web(true)?;
    bindgen.generate(site).context("wasm-bindgen cannot bind the page")
}

/// Joins the style sheets in `folder`, in the order of their names: one file is one request.
fn join_styles(folder: &Path, joined: &Path) -> Result<()> {
    let mut sheets = sizes::files(folder)?;
    sheets.sort();
    let texts: Vec<String> = sheets
        .iter()
        .map(|sheet| {
            fs::read_to_string(sheet).with_context(|| format!("cannot read {}", sheet.display()))
        })
        .collect::<Result<_>>()?;
    fs::write(joined, texts.concat()).with_context(|| format!("cannot write {}", joined.display()))
}

/// Copies all that lies in `from` into `to`, with its folders.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &copy)?;
        } else {
            fs::copy(entry.path(), &copy)
                .with_context(|| format!("cannot write {}", copy.display()))?;
        }
    }
    Ok(())
}

fn remove_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}
