// Sets the remembered look and language before the first paint, so that nothing flashes, and
// follows the system where nothing else is wished for.
(() => {
  const root = document.documentElement;
  const asked = {
    contrast: ["more", matchMedia("(prefers-contrast: more)")],
    motion: ["less", matchMedia("(prefers-reduced-motion: reduce)")],
  };
  const remembered = (name) => {
    try {
      return localStorage.getItem(`regionscope.${name}`);
    } catch {
      // Storage may be forbidden; the system's preferences do then.
      return null;
    }
  };
  const follow = () => {
    for (const [name, [word, query]] of Object.entries(asked)) {
      root.dataset[name] = query.matches || remembered(name) === word ? word : "auto";
    }
  };
  root.dataset.theme = remembered("theme") ?? root.dataset.theme;
  root.lang = remembered("lang") ?? (navigator.language.startsWith("zh") ? "zh-CN" : root.lang);
  follow();
  for (const [, query] of Object.values(asked)) query.addEventListener("change", follow);
})();
