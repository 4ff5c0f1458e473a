// @ts-check
// Posts the page's one form at once; the button stays for those without script.
document.querySelector("form[data-post]")?.submit();
