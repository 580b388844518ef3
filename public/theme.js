// Sets the remembered theme and language before the first paint, so that nothing flashes.
(() => {
  const root = document.documentElement;
  try {
    const theme = localStorage.getItem("regionscope.theme");
    const lang = localStorage.getItem("regionscope.lang");
    if (theme) root.dataset.theme = theme;
    if (lang) root.lang = lang;
  } catch {
    // Storage may be forbidden; the system's preferences do then.
  }
})();
