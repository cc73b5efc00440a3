#!/usr/bin/env bash
# Writes weka-*: plants.arff as Weka saves it, dense and sparse, and its features as Weka's NominalToBinary makes them.
set -euo pipefail
cd "$(dirname "$0")"
weka() { java -cp "${WEKA:-/usr/share/java/weka.jar}" "$@"; }
weka weka.core.converters.ArffSaver -i plants.arff -o weka-dense.arff
weka weka.filters.unsupervised.instance.NonSparseToSparse -i plants.arff -o weka-sparse.arff
# the class attribute, which is left as it is, comes last
weka weka.filters.unsupervised.attribute.NominalToBinary -c last -i plants.arff -o weka-binary.arff
weka weka.core.converters.CSVSaver -i weka-binary.arff -o weka-binary.csv
sed 1d weka-binary.csv >weka-features.csv # its names are quoted otherwise than CSV quotes
rm weka-binary.arff weka-binary.csv
