#!/usr/bin/env python3
"""A scheduler of your own for Gantry: it says where the tasks of jobs go that name it ("scheduler": "python").

    examples/scheduler.py [--name python] [--address http://127.0.0.1:5747]

This one fills the instance with the most free memory first, and keeps an instance with the attribute "spare" for when no other has
room. How many tasks run, which stop, and when, stays Gantry's to decide; so does what fits. docs/schedulers.md has the protocol.
"""
import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request


class Gantry:
    def __init__(self, address, scheduler):
        self.base = "%s/v1/schedulers/%s/" % (address.rstrip("/"), scheduler)

    def post(self, verb, body=None, timeout=40):
        """Gives the answer's JSON; None where there is none."""
        request = urllib.request.Request(self.base + verb, method="POST", data=json.dumps(body or {}).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=timeout) as response:
            text = response.read()
            return json.loads(text) if text else None


def choose(lease):
    """Gives an instance for each task that has room, the best one first, and what to say of the others."""
    need, wanted = lease["ask"]["need"], lease["ask"]["count"]
    free = {}  # memory and cpu by instance, counted down
    spare = set()
    for instance in lease["instances"]:
        if not instance["fits"]:
            continue  # "why" says what it lacks
        free[instance["id"]] = [instance["free"]["memory"], instance["free"]["cpu"]]
        if any(a["name"] == "spare" for a in instance.get("customAttributes") or []):
            spare.add(instance["id"])
    placements = []
    while len(placements) < wanted:
        fitting = [i for i, (memory, cpu) in free.items() if memory >= need["memory"] and cpu >= need["cpu"]]
        if not fitting:
            return placements, "no instance has room for more"
        best = min(fitting, key=lambda i: (i in spare, -free[i][0], i))
        free[best][0] -= need["memory"]
        free[best][1] -= need["cpu"]
        placements.append({"containerInstance": best})
    return placements, ""


def place(gantry, lease):
    """Plans until nothing of the lease is left to place: what was refused comes back with the cluster as it is now."""
    token = lease["token"]
    while lease:
        placements, unplaced = choose(lease)
        answer = gantry.post("plan", {"token": token, "placements": placements, "unplaced": unplaced})
        print("%s: asked for %d, placed %d" % (lease["job"].get("name") or lease["job"]["id"], lease["ask"]["count"], answer["committed"]), flush=True)
        for refusal in answer.get("refused") or []:
            print("  refused: %s" % refusal, flush=True)
        lease = answer.get("lease")
    gantry.post("ack", {"token": token})


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--name", default="python", help="the scheduler that jobs name")
    arguments.add_argument("--address", default=os.environ.get("GANTRY_ADDR", "http://127.0.0.1:5747"))
    options = arguments.parse_args()
    gantry = Gantry(options.address, options.name)
    while True:
        try:
            lease = gantry.post("next?wait=30s")
            if lease:
                place(gantry, lease)
        except urllib.error.HTTPError as error:  # the lease has ended, say, or the leader has changed: what is left comes again
            print("%s: %s" % (error, error.read().decode()), file=sys.stderr, flush=True)
            time.sleep(1)
        except OSError as error:  # no server answers
            print(error, file=sys.stderr, flush=True)
            time.sleep(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
