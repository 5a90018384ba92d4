#!/usr/bin/env bash
# The main job, start to end: a task definition from a file to a page served by a container. Run it with `make demo`,
# which builds bin/gantry first. Everything it makes lies in bin/demo, or is removed at the end.
#
#   GANTRY_DEMO_ADDR   where gantry listens (127.0.0.1:5747; another free port when that one is taken)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR source=need.sh
source scripts/need.sh

dir=bin/demo
image=gantry-demo/hello-server:latest
addr=${GANTRY_DEMO_ADDR:-127.0.0.1:5747}
gantry_pid=

say() { printf '\n# %s\n' "$*"; }

# quoted prints a command the way a person would type it.
quoted() {
	local arg out=
	for arg in "$@"; do
		[[ $arg =~ ^[A-Za-z0-9_./:=,@%+-]+$ ]] || arg="'${arg//\'/\'\\\'\'}'"
		out+=" $arg"
	done
	printf '%s' "${out# }"
}

# run shows a command and runs it; capture also keeps what it printed, in $output.
run() {
	printf '$ %s\n' "$(quoted "$@")"
	"$@"
}
capture() {
	printf '$ %s\n' "$(quoted "$@")"
	output=$("$@")
	printf '%s\n' "$output"
}
ecs() { "$1" "$AWS" --endpoint-url "http://$addr" ecs "${@:2}"; }

taken() { (: <>"/dev/tcp/${1%:*}/${1##*:}") 2>/dev/null; }

# is_demo_gantry PID: that process lives and is a gantry which a demo of this checkout started.
is_demo_gantry() {
	[[ $1 =~ ^[0-9]+$ ]] && [ "$(readlink "/proc/$1/cwd")" = "$PWD" ] &&
		tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -q "^bin/gantry dev .*$dir/data"
}

stop_gantry() {
	local pid=$1 deadline=$((SECONDS + 30))
	is_demo_gantry "$pid" || return 0
	kill -TERM "$pid"
	while is_demo_gantry "$pid"; do
		if [ "$SECONDS" -ge "$deadline" ]; then
			echo "gantry $pid does not stop; killing it" >&2
			kill -KILL "$pid"
		fi
		sleep 0.1
	done
}

# clean removes what a demo leaves behind: this one's at its end, a killed one's at the start of the next. It touches
# only the demo's own process and the containers of its own container instance.
clean() {
	stop_gantry "$(cat "$dir/gantry.pid" 2>/dev/null)"
	local instance containers
	instance=$(cat "$dir/instance" 2>/dev/null) || instance=
	if [ -n "$instance" ]; then
		containers=$(docker ps --all --quiet --filter "label=gantry.instance=$instance") || containers=
		# shellcheck disable=SC2086
		[ -z "$containers" ] || docker rm --force --volumes $containers >/dev/null
	fi
	rm -rf "$dir/data" "$dir/gantry.pid" "$dir/instance"
}

finish() {
	local status=$?
	trap - EXIT
	set +e
	if [ "$status" != 0 ] && [ -s "$dir/gantry.log" ]; then
		printf '\nThe demo failed. The last lines of %s:\n' "$dir/gantry.log" >&2
		tail -n 30 "$dir/gantry.log" >&2
	fi
	clean
	scripts/engine.sh stop
	exit "$status"
}

build_image() {
	local arch old
	arch=$(docker version --format '{{.Server.Arch}}')
	run env CGO_ENABLED=0 GOOS=linux GOARCH="$arch" go build -buildvcs=false -trimpath -o "$dir/app" ./test/image
	old=$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null) || old=
	echo "\$ tar -C $dir -c app | docker import --change 'ENTRYPOINT [\"/app\"]' - $image"
	tar -C "$dir" -c app | docker import --change 'ENTRYPOINT ["/app"]' - "$image"
	# An earlier demo's image would stay behind without a name.
	[ -z "$old" ] || docker image rm "$old" >/dev/null 2>&1 || true
}

start_gantry() {
	if taken "$addr"; then
		echo "$addr is taken; looking for another port."
		local port
		for port in {5750..5799}; do
			addr=127.0.0.1:$port
			taken "$addr" || break
		done
	fi
	echo "\$ bin/gantry dev --http-addr $addr --data-dir $dir/data >$dir/gantry.log 2>&1 &"
	bin/gantry dev --http-addr "$addr" --data-dir "$dir/data" >"$dir/gantry.log" 2>&1 </dev/null 9>&- &
	gantry_pid=$!
	echo "$gantry_pid" >"$dir/gantry.pid"

	local deadline=$((SECONDS + 60)) reason=
	until reason=$(scripts/get.sh "http://$addr/v1/ready" 2>&1); do
		kill -0 "$gantry_pid" 2>/dev/null || { echo "gantry has ended." >&2 && return 1; }
		[ "$SECONDS" -lt "$deadline" ] || { echo "gantry is not ready after 60 seconds: $reason" >&2 && return 1; }
		sleep 0.1
	done
	run scripts/get.sh "http://$addr/v1/ready"
}

# fetch gives the server in the container a moment to begin to listen.
fetch() {
	local deadline=$((SECONDS + 10))
	until scripts/get.sh "$1" >/dev/null 2>&1 || [ "$SECONDS" -ge "$deadline" ]; do sleep 0.1; done
	capture scripts/get.sh "$1"
}

cat <<EOF
This demo starts a Gantry cluster of one on this machine, and runs a small web server on it with the aws CLI:
register the task definition examples/hello-server.json, run it, fetch its page, read its log, stop it.

It needs a Docker Engine and the aws CLI. A machine that has them is left as it is. What is missing is installed
with apt (docker.io, awscli), and an engine that does not run is started.
EOF

[ -x bin/gantry ] || { echo "bin/gantry is not built: run this as 'make demo'." >&2 && exit 1; }
mkdir -p "$dir"
exec 9>"$dir/lock"
flock --nonblock 9 || { echo "Another demo is running in this checkout." >&2 && exit 1; }

say "What it needs"
need engine aws
trap finish EXIT
scripts/engine.sh start 9>&-
eval "$(scripts/engine.sh env)"
clean # what a killed demo left
rm -f "$dir/gantry.log"
echo "aws CLI: $("$AWS" --version 2>&1)"

say "The image: one static program, built here, nothing downloaded"
build_image

say "Gantry: one server and one agent in one process"
start_gantry

say "The aws CLI takes any credentials against gantry dev on loopback"
unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN AWS_SECURITY_TOKEN
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
export no_proxy="127.0.0.1,localhost${no_proxy:+,$no_proxy}" NO_PROXY="127.0.0.1,localhost${NO_PROXY:+,$NO_PROXY}"
run export AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1 \
	AWS_DEFAULT_OUTPUT=json AWS_PAGER=

say "The machine that tasks will run on: this one"
ecs capture list-container-instances --query 'containerInstanceArns[0]' --output text
echo "${output##*/}" >"$dir/instance"

say "Register the task definition, and run a task of it"
ecs run register-task-definition --cli-input-json file://examples/hello-server.json \
	--query 'taskDefinition.[taskDefinitionArn,status]'
ecs capture run-task --task-definition hello-server --query '[tasks[0].taskArn,failures[0].reason]' --output text
read -r task _ <<<"$output"
[[ $task == arn:* ]] || { echo "No task was placed." >&2 && exit 1; }
ecs run wait tasks-running --tasks "$task"

say "Where is it? Docker chose the host port"
ecs capture describe-tasks --tasks "$task" --output text \
	--query 'tasks[0].containers[0].[lastStatus,networkBindings[0].hostPort,runtimeId]'
read -r _ port container <<<"$output"

say "Its page"
fetch "http://127.0.0.1:$port/"
page=$output

say "Its log"
run docker logs "$container"

say "Stop it"
ecs run stop-task --task "$task" --reason 'The demo is over' --query 'task.[lastStatus,desiredStatus]'
ecs run wait tasks-stopped --tasks "$task"
ecs capture describe-tasks --tasks "$task" --output text \
	--query 'tasks[0].[lastStatus,stopCode,stoppedReason,containers[0].exitCode]'
IFS=$'\t' read -r last_status stop_code reason exit_code <<<"$output"

say "What happened"
cat <<EOF
The aws CLI registered hello-server and ran it as ${task##*/}.
Gantry put it on container instance $(cat "$dir/instance"), where Docker published port 80 as $port.
It served: ${page%%$'\n'*}
It was stopped: $last_status, $stop_code ($reason), exit code $exit_code.
Gantry, its data and the container go now; gantry's log stays in $dir/gantry.log, the image in Docker as $image.
EOF
