#!/usr/bin/env bash
# Packs Coppice with a Java runtime of its own into one file, for Linux machines on x86-64 that have no Java:
#
#   scripts/bundle.sh OUTPUT.txz
#
#   JAVA_HOME    the JDK whose runtime is packed (default: that of the java on the PATH); a newer one asks for less of
#                the machine: Temurin 25 for glibc 2.17, Debian's 17 for glibc 2.34
#
# Unpack it anywhere and run coppice in it: tar xf OUTPUT.txz && coppice/coppice devices
set -euo pipefail

LIMIT=25000000 # bytes
# What Coppice and its libraries use; jdeps lists java.desktop and java.sql too, which Jackson does without.
MODULES=(java.base java.logging java.management java.net.http java.xml jdk.crypto.ec jdk.incubator.vector
  jdk.unsupported)
# In lib, and never used by the program: natives of other systems, and parts of JCuda that only tests or nobody calls.
UNUSED=(org/jline/nativ/{Windows,Mac,FreeBSD} org/jline/nativ/Linux/{arm,arm64,armv6,armv7,ppc64,x86}
  lib/libJNvPTXCompiler-* lib/libJNvrtc-* lib/libJCublas-*)

root=$(cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)

fail() {
  echo "bundle: $*" >&2
  exit 1
}

[ $# = 1 ] && [ "${1#-}" = "$1" ] || {
  sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}
output=$(readlink -m "$1")
[ "$(uname -sm)" = "Linux x86_64" ] || fail "it is made on Linux on x86-64, but this is $(uname -sm)"
command -v xz >/dev/null || fail "xz is needed"
if [ -n "${JAVA_HOME:-}" ]; then
  jdk=$JAVA_HOME
else
  java=$(command -v java) || fail "no Java found: install a JDK, or set JAVA_HOME"
  jdk=$(dirname "$(dirname "$(readlink -f "$java")")")
fi
for tool in java jlink jar; do
  [ -x "$jdk/bin/$tool" ] || fail "$jdk has no bin/$tool: a whole JDK is needed, set JAVA_HOME"
done

JAVA_HOME=$jdk "$root/scripts/coppice" --version >/dev/null # builds the jar if need be

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bundle=$work/coppice
mkdir -p "$bundle/scripts" "$bundle/lib"

# Modules are stored, not deflated: xz packs them better so.
major=$("$jdk/bin/java" -XshowSettings:properties -version 2>&1 | sed -n 's/.*java\.specification\.version = //p')
stored=zip-0
[ "$major" -ge 21 ] || stored=0
known=$("$jdk/bin/java" --list-modules | cut -d@ -f1)
modules=
for module in "${MODULES[@]}"; do
  if grep -qx "$module" <<<"$known"; then
    modules=${modules:+$modules,}$module
  fi
done
"$jdk/bin/jlink" --add-modules "$modules" --strip-java-debug-attributes --no-header-files --no-man-pages \
  --compress="$stored" --output "$bundle/jre" >"$work/jlink.log" 2>&1 ||
  fail "jlink: $(tail -n 1 "$work/jlink.log")"

cp "$root/target/coppice.jar" "$bundle/"
for jar in "$root"/target/lib/*.jar; do
  files=$work/files
  mkdir "$files"
  (cd "$files" && "$jdk/bin/jar" xf "$jar")
  found=
  for path in "${UNUSED[@]}"; do
    # shellcheck disable=SC2086
    for file in "$files"/$path; do
      if [ -e "$file" ]; then
        rm -r "$file"
        found=yes
      fi
    done
  done
  if [ -z "$found" ] && [[ $jar != *-natives-* ]]; then
    cp "$jar" "$bundle/lib/"
  else
    (cd "$files" && "$jdk/bin/jar" -c -f "$bundle/lib/$(basename "$jar")" -M -0 .)
  fi
  rm -r "$files"
done

flags=$(sed -n '/^JVM_FLAGS=(/,/coppice\.terminal/p' "$root/scripts/coppice")
[ -n "$flags" ] || fail "scripts/coppice has no JVM_FLAGS"
cat >"$bundle/coppice" <<SCRIPT
#!/usr/bin/env bash
# Runs Coppice with the Java runtime beside it. COPPICE_JAVA_OPTS: more flags for the JVM, such as -Xmx8g
set -euo pipefail
set -f # COPPICE_JAVA_OPTS is split into words, never matched against files
$flags
root=\$(cd -P "\$(dirname "\$(readlink -f "\${BASH_SOURCE[0]}")")" && pwd)
# shellcheck disable=SC2086
exec "\$root/jre/bin/java" "\${JVM_FLAGS[@]}" \${COPPICE_JAVA_OPTS:-} -jar "\$root/coppice.jar" "\$@"
SCRIPT
cp "$root"/scripts/{gpu-check.sh,bench-gpu.sh,bench_rivals.py} "$bundle/scripts/"
cp "$root/LICENSE" "$bundle/"
commit=$(git -C "$root" describe --always --dirty --abbrev=40 --exclude='*' 2>/dev/null || echo unknown)
echo "$commit" >"$bundle/commit"
chmod 755 "$bundle/coppice" "$bundle"/scripts/*

tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner -cf - coppice | xz -T0 -6 >"$work/bundle.txz"
size=$(stat -c %s "$work/bundle.txz")
[ "$size" -le "$LIMIT" ] || fail "it has $size bytes and may have $LIMIT"
mkdir -p "$(dirname "$output")"
mv "$work/bundle.txz" "$output"
echo "$output: $size bytes, Java $major, commit $commit"
