#!/usr/bin/env bash
# Checks that a page of `coppice report` fits its window: loads it in headless Chromium at 1280 and 400 pixels and fails
# where the page scrolls sideways, or where a label of a drawing sticks out of it or lies on another.
#
#   scripts/check-report.sh PAGE.html [PAGE.html...]
#
#   CHROMIUM   the browser (default: chromium, chromium-browser or google-chrome on the PATH)
set -euo pipefail

fail() {
  echo "check-report: $*" >&2
  exit 1
}

[ $# -gt 0 ] || fail "give at least one page"
browser=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
[ -n "$browser" ] || fail "no Chromium found: install one or set CHROMIUM"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

status=0
for page in "$@"; do
  [ -f "$page" ] || fail "$page: there is no such file"
  path=$(readlink -f "$page")
  for width in 1280 400; do
    # The page lies in a frame of that width: a browser's own window is never narrower than 500 pixels.
    cat >"$work/frame.html" <<HTML
<!DOCTYPE html><html><body><iframe id="page" width="$width" height="2000" src="file://$path"></iframe><pre id="result">no answer</pre><script>
document.getElementById("page").onload = function () {
  const page = this.contentDocument, root = page.documentElement, faults = [];
  page.querySelectorAll("details").forEach(details => details.open = true);
  if (root.scrollWidth > $width) faults.push("the page is " + root.scrollWidth + " pixels wide");
  for (const svg of page.querySelectorAll("svg[role=img]")) {
    const box = svg.getBoundingClientRect(), texts = [...svg.querySelectorAll("text")];
    const boxes = texts.map(text => text.getBoundingClientRect());
    boxes.forEach((a, i) => {
      const name = svg.getAttribute("aria-label") + ": '" + texts[i].textContent + "'";
      if (a.left < box.left - 1 || a.right > box.right + 1 || a.top < box.top - 1 || a.bottom > box.bottom + 1)
        faults.push(name + " is cut");
      for (let j = 0; j < i; j++) {
        const b = boxes[j];
        if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3)
          faults.push(name + " lies on '" + texts[j].textContent + "'");
      }
    });
  }
  document.getElementById("result").textContent = faults.length ? faults.join("; ") : "fits";
};
</script></body></html>
HTML
    "$browser" --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
      --disable-component-update --disable-sync --allow-file-access-from-files --user-data-dir="$work/profile" \
      --virtual-time-budget=10000 --window-size=1400,2100 --dump-dom "file://$work/frame.html" \
      >"$work/dom.html" 2>"$work/log" || fail "$browser failed: $(tail -n 1 "$work/log")"
    result=$(sed -n 's/.*<pre id="result">\(.*\)<\/pre>.*/\1/p' "$work/dom.html")
    echo "$page at $width pixels: $result"
    [ "$result" = fits ] || status=1
  done
done
exit "$status"
