// @ts-check
/* Light or dark: as the system has it, or as the person chose here. Runs before the first paint, so no module. */

(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const read = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage is switched off: the system's theme it is
    }
  };
  const current = () => root.dataset.theme ?? (dark.matches ? "dark" : "light");
  const tell = () => dispatchEvent(new Event("themechange"));

  const chosen = read();
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
  dark.addEventListener("change", tell);

  addEventListener("DOMContentLoaded", () => {
    const toggle = document.getElementById("theme");
    toggle?.addEventListener("click", () => {
      root.dataset.theme = current() === "dark" ? "light" : "dark";
      try {
        localStorage.setItem("theme", root.dataset.theme);
      } catch {
        // Kept for this visit only.
      }
      tell();
    });
    const label = () => toggle?.setAttribute("aria-label", current() === "dark" ? "Light theme" : "Dark theme");
    addEventListener("themechange", label);
    label();
  });
})();
