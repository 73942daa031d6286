import { z } from "zod";
import { type Clock, pollUntil } from "../base/mod.ts";
import type { LabImages } from "./images/mod.ts";
import {
  execInMachine,
  type Lab,
  type LabDeps,
  LabError,
  type LabMachine,
  labWorkers,
} from "./machines/mod.ts";

/** A pod that a lab leaves running, to look at. */
export interface HelloPod {
  readonly node: string;
  readonly pod: string;
  /** Its own address, inside of the node's pod subnet. */
  readonly address: string;
}

const LABEL = "nodewright-lab=hello";
const PORT = 8080;
/** The page says which node it comes from. */
const SERVER = `mkdir -p /tmp/www && echo "hello from $(hostname)" >/tmp/www/index.html && exec httpd -f -p ${PORT} -h /tmp/www`;

const podsSchema = z.looseObject({
  items: z.array(z.looseObject({ id: z.string(), state: z.string() })),
});
const inspectedSchema = z.looseObject({
  status: z.looseObject({ network: z.looseObject({ ip: z.string() }) }),
});

/** Starts a small web server in a pod on every machine, where none runs yet, and says where. */
export async function startHelloPods(
  deps: LabDeps,
  lab: Lab,
  images: LabImages,
): Promise<HelloPod[]> {
  return Promise.all(labWorkers(lab).map((machine) => startHelloPod(deps, machine, images)));
}

async function startHelloPod(
  deps: LabDeps,
  machine: LabMachine,
  images: LabImages,
): Promise<HelloPod> {
  const cri = async (...words: string[]): Promise<unknown> => {
    const { stdout } = await execInMachine(deps, machine, [
      "nodewright",
      "cri",
      ...words,
      "--json",
    ]);
    return JSON.parse(stdout);
  };
  const name = `hello-${machine.name}`;
  const running = async (): Promise<string | undefined> => {
    const { items } = podsSchema.parse(await cri("pods", "--label", LABEL));
    const ready = items.find(({ state }) => state.endsWith("READY") && !state.endsWith("NOTREADY"));
    // What a reboot has stopped is taken away, or its name would stay taken.
    for (const { id } of items) if (id !== ready?.id) await cri("rmp", "--force", id);
    return ready?.id;
  };
  if ((await running()) === undefined) {
    await cri("run", containerConfig(images), podConfig(name));
  }
  const id = await running();
  const inspected =
    id === undefined ? undefined : await addressOf(deps.clock, () => cri("inspectp", id));
  if (inspected === undefined) {
    throw new LabError("machine-failed", `Cannot see the pod ${name} running`, {
      node: machine.name,
      fix: `nodewright lab exec ${machine.name} -- nodewright cri pods`,
    });
  }
  return { node: machine.name, pod: name, address: inspected };
}

async function addressOf(
  clock: Clock,
  inspect: () => Promise<unknown>,
): Promise<string | undefined> {
  return pollUntil(clock, { timeoutMs: 5000, intervalMs: 100 }, async () => {
    const { ip } = inspectedSchema.parse(await inspect()).status.network;
    return ip === "" ? undefined : ip;
  });
}

function podConfig(name: string): string {
  const uid = crypto.randomUUID();
  const [key, value] = LABEL.split("=");
  return JSON.stringify({
    metadata: { name, uid, namespace: "default", attempt: 0 },
    hostname: name,
    log_directory: `/var/log/pods/default_${name}_${uid}`,
    labels: { [key ?? ""]: value },
    linux: {},
  });
}

function containerConfig({ busybox }: LabImages): string {
  return JSON.stringify({
    metadata: { name: "web", attempt: 0 },
    image: { image: busybox.reference },
    command: ["/bin/sh", "-c", SERVER],
    log_path: "web/0.log",
    linux: {},
  });
}
