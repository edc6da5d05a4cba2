#!/bin/sh
# Fetches a Debian source package into FOLDER/NAME, with apt's own client and lists of its own: the machine's configuration stays as it is.
#   fetch-source.sh PACKAGE SUITE FOLDER
set -eu
package=$1
suite=$2
folder=$3
[ -e "$folder/$package/.unpacked" ] && exit 0
command -v apt-get >/dev/null && command -v dpkg-source >/dev/null || {
  echo "fetch-source: found no apt-get or dpkg-source (Debian: apt-get install dpkg-dev), expected both" >&2
  exit 3
}
# The mirror of the machine's own sources, in either of apt's two forms.
mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' \
  /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1)
[ -n "$mirror" ] || {
  echo "fetch-source: found no mirror of Debian in apt's sources, expected one" >&2
  exit 3
}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial" "$folder/apt/download"
echo "deb-src [signed-by=$keyring] $mirror $suite main" > "$folder/apt/sources-$suite.list"
apt="apt-get -qq -o Dir::Etc::sourcelist=$folder/apt/sources-$suite.list -o Dir::Etc::sourceparts=- \
  -o Dir::State::lists=$folder/apt/lists -o Dir::Cache=$folder/apt/cache -o APT::Sandbox::User=root"
$apt update
(cd "$folder/apt/download" && $apt source --download-only "$package")
description=$(ls "$folder/apt/download/$package"_*.dsc | tail -n 1)
rm -rf "${folder:?}/$package"
# apt has checked the sums against the signed list of the archive.
dpkg-source --no-check -x "$description" "$folder/$package" >/dev/null
touch "$folder/$package/.unpacked"
