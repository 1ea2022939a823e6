# shellcheck shell=bash
# Processes of a script: started in the background, stopped by pid when the script ends, Ctrl-C included.
# Expects $work, a directory of the script's own; what a function sets is for the script.
# shellcheck disable=SC2034,SC2154

declare -A process_ids=()
process_order=()

# start NAME COMMAND...: output goes to $work/NAME.out and NAME.err, appended.
start() {
    local name=$1
    shift
    "$@" >>"$work/$name.out" 2>>"$work/$name.err" </dev/null &
    process_ids[$name]=$!
    process_order+=("$name")
}

running() {
    [[ -n ${process_ids[$1]:-} ]] && kill -0 "${process_ids[$1]}" 2>/dev/null
}

# stop NAME [SIGNAL]: waits for its end, 15 s at most; sets stop_code.
stop() {
    local name=$1 pid=${process_ids[$1]:-} turn
    stop_code=0
    if [[ -z $pid ]]; then return 0; fi
    kill -"${2:-TERM}" "$pid" 2>/dev/null || true
    if [[ ${2:-TERM} == KILL ]]; then
        wait "$pid" 2>/dev/null || true
        unset "process_ids[$name]"
        return 0
    fi
    for ((turn = 0; turn < 150; turn++)); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || stop_code=$?
    unset "process_ids[$name]"
}

# finish NAME: waits for a program that ends by itself; sets stop_code.
finish() {
    stop_code=0
    wait "${process_ids[$1]}" || stop_code=$?
    unset "process_ids[$1]"
}

stop_all() {
    local index
    for ((index = ${#process_order[@]} - 1; index >= 0; index--)); do stop "${process_order[index]}"; done
}

# eventually SECONDS COMMAND...: until it succeeds.
eventually() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        if ((SECONDS >= deadline)); then return 1; fi
        sleep 0.1
    done
}

# ready NAME TIMES: it has printed so many lines READY.
ready() {
    [[ $(grep -c '^READY' "$work/$1.out" 2>/dev/null || true) -ge $2 ]]
}

listening() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# free_port: sets `port` to one of loopback that nobody listens on.
free_port() {
    local turn
    for ((turn = 0; turn < 200; turn++)); do
        port=$((20000 + ($(od -An -N2 -tu2 /dev/urandom)) % 12000))
        listening "$port" || return 0
    done
    return 1
}

# make_certificates DIRECTORY: an authority of its own (ca.pem), a broker's and an agent's key and certificate.
make_certificates() {
    local name
    mkdir -p "$1"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=test authority" -keyout "$1/ca.key" -out "$1/ca.pem" 2>/dev/null
    for name in broker agent; do
        openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout "$1/$name.key" -out "$1/$name.csr" 2>/dev/null
        openssl x509 -req -in "$1/$name.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial -days 2 \
            -extfile <(printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n') -out "$1/$name.pem" 2>/dev/null
        chmod 600 "$1/$name.key"
    done
}

# start_broker [CERTIFICATES]: a mosquitto of its own that drops nothing; sets mqtt_port, and with certificates tls_port,
# where a client certificate is needed.
start_broker() {
    local turn
    for ((turn = 0; turn < 5; turn++)); do
        free_port
        mqtt_port=$port
        cat >"$work/mosquitto.conf" <<CONF
listener $mqtt_port 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
max_queued_bytes 268435456
CONF
        if [[ -n ${1:-} ]]; then
            free_port
            tls_port=$port
            cat >>"$work/mosquitto.conf" <<CONF
user $(id -un)
listener $tls_port 127.0.0.1
cafile $1/ca.pem
certfile $1/broker.pem
keyfile $1/broker.key
require_certificate true
CONF
        fi
        start mosquitto "$(command -v mosquitto || echo /usr/sbin/mosquitto)" -c "$work/mosquitto.conf"
        if eventually 10 broker_up && running mosquitto; then return 0; fi
        stop mosquitto
    done
    echo "mosquitto does not start: $(tail -3 "$work/mosquitto.err")" >&2
    return 1
}
broker_up() {
    if ! running mosquitto; then return 0; fi
    listening "$mqtt_port"
}

# json FILE PATH: one value, e.g. json status.json '$.ledger.messages'; empty when it is not there.
json() {
    sqlite3 :memory: "select json_extract(readfile('$1'), '$2')" 2>/dev/null
}

# json_sum FILE PATH: the sum over an object's numbers.
json_sum() {
    sqlite3 :memory: "select coalesce(sum(value), 0) from json_each(readfile('$1'), '$2')" 2>/dev/null
}
