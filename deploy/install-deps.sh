#!/bin/bash
# Installs what building, running and testing Hải Đăng needs and this machine
# lacks, through apt. Silent when nothing is missing. On a system without apt it
# says exactly what to install and stops.
#
#   deploy/install-deps.sh run     the server: PostgreSQL with PostGIS, and the programs of GDAL for files of layers
#   deploy/install-deps.sh test    that, a C compiler for the race detector, Chromium, and Mosquitto as a
#                                  stranger to test against
#   deploy/install-deps.sh conformance
#                                  that, QGIS as a stranger to read our layers, and Java for the OGC's test suite
set -euo pipefail

what=${1:-run}
missing=()
root=()
[ "$(id -u)" -eq 0 ] || root=(sudo)

have_postgis() { compgen -G '/usr/share/postgresql/*/extension/postgis.control' >/dev/null && compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
have_mosquitto() { command -v mosquitto_pub >/dev/null && { command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ]; }; }
have_mapserver() { command -v mapserv >/dev/null; }
have_qgis() { /usr/bin/python3 -c 'import qgis.core' 2>/dev/null; }
have_chromium() { [ -x "${HAIDANG_CHROMIUM:-/usr/bin/chromium}" ]; }

# Which PostgreSQL the distribution has: Debian 12 has 15, later ones a newer.
postgis_package() {
  local newest
  newest=$(apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' | awk '{print $1}' | sort -t- -k2 -n | tail -1)
  echo "${newest:-postgresql-15-postgis-3}"
}

need() {
  have_postgis || missing+=(postgis)
  command -v ogr2ogr >/dev/null || missing+=(gdal-bin)
  [ "$what" = run ] && return 0
  command -v gcc >/dev/null || missing+=(gcc)
  [ -e /usr/include/stdlib.h ] || missing+=(libc6-dev)
  have_chromium || missing+=(chromium)
  have_mosquitto || missing+=(mosquitto)
  have_mapserver || missing+=(cgi-mapserver)
  [ "$what" = conformance ] || return 0
  have_qgis || missing+=(python3-qgis)
  command -v java >/dev/null || missing+=(default-jre-headless)
}

explain_without_apt() {
  cat >&2 <<TEXT
This system has no apt, so please install these yourself and run make again:
  PostgreSQL 15 or newer with PostGIS 3.3 or newer (server programs initdb and postgres; no running server is needed)
  GDAL 3.6 or newer with its programs (ogr2ogr, gdalwarp)
TEXT
  [ "$what" = test ] && cat >&2 <<TEXT
  a C compiler (gcc) for Go's race detector
  Chromium at /usr/bin/chromium, or at the path in HAIDANG_CHROMIUM
  Mosquitto with its clients (mosquitto, mosquitto_passwd, mosquitto_pub, mosquitto_sub)
  MapServer 8 as a CGI program (mapserv), which a server needs only for WMS and WFS
TEXT
  exit 1
}

need
[ ${#missing[@]} -gt 0 ] || exit 0
command -v apt-get >/dev/null || explain_without_apt
if [ ${#root[@]} -gt 0 ] && ! command -v sudo >/dev/null; then
  echo "To install ${missing[*]} root is needed, and there is no sudo here. As root, run: $(realpath "$0") $what" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
echo "Installing what is missing: ${missing[*]}"
"${root[@]}" apt-get update -qq || echo "Some package lists could not be refreshed; going on with what there is."
packages=()
for m in "${missing[@]}"; do
  case $m in
    postgis)
      # Debian would start a cluster of its own on port 5432; ours is private.
      "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null
      "${root[@]}" sed -i -E 's/^#?[[:space:]]*create_main_cluster[[:space:]]*=.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
      postgis=$(postgis_package)
      packages+=("${postgis%-postgis-3}" "$postgis")
      ;;
    mosquitto)
      # Debian would start it on port 1883, where our broker listens; the tests start their own.
      "${root[@]}" mkdir -p /etc/systemd/system
      [ -e /etc/systemd/system/mosquitto.service ] || "${root[@]}" ln -s /dev/null /etc/systemd/system/mosquitto.service
      packages+=(mosquitto mosquitto-clients)
      ;;
    *) packages+=("$m") ;;
  esac
done
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
echo "Installed: ${packages[*]}"
