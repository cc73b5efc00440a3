#!/usr/bin/env bash
# Runs the JMH benchmarks in src/test/java/coppice/benchmark: scripts/jmh.sh [JMH options], such as -l or -f 1 Sparse.
set -euo pipefail
cd -P "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

scripts/maven -B -ntp -q test-compile dependency:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile=target/test-classpath >&2
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
exec "$java" --add-modules jdk.incubator.vector -XX:+UseSerialGC -XX:ObjectAlignmentInBytes=64 -Xbatch \
  -XX:MaxInlineLevel=30 \
  -cp "target/test-classes:target/classes:$(cat target/test-classpath)" org.openjdk.jmh.Main "$@"
