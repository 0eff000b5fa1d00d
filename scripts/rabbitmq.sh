#!/bin/sh
# RabbitMQ from the distribution, when none is there and none is named. Its own service is never started:
# `python -m services` runs a node of its own as whoever calls it.
set -eu

[ -z "${WEFT_AMQP_URL:-}" ] || exit 0
for server in /usr/lib/rabbitmq/bin/rabbitmq-server /opt/rabbitmq/sbin/rabbitmq-server "$(command -v rabbitmq-server || true)"; do
    [ ! -x "$server" ] || exit 0
done

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "weft: RabbitMQ is not installed: install it (Debian and Ubuntu: \`apt-get install rabbitmq-server\`), set WEFT_AMQP_URL to a broker you have, or use \`docker compose up\`" >&2
    exit 1
fi

echo "installing rabbitmq-server"
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    # Debian starts what it installs unless this says no.
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends rabbitmq-server >/dev/null
