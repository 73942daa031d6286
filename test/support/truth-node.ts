import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RuleId } from "../../src/check/mod.ts";

/** A rule's bad case on a real machine. What `bad` has done is taken back, and the symptom with it. */
export interface TruthCase {
  readonly rule: RuleId;
  /** The rule is about the kubelet: something has to be in its place. */
  readonly needsKubelet?: true;
  /** Makes the machine wrong, through the node, which remembers how it was. */
  readonly bad: (node: TruthNode) => Promise<unknown>;
  /** Does what shows the symptom, and gives all that was said. */
  readonly see: (node: TruthNode) => Promise<string>;
  /** A program's message: in the rule's own symptom, on the bad machine, and not on the good one. */
  readonly says?: RegExp;
  /** What a good machine does not show, where the rule's symptom is no program's message. */
  readonly shows?: RegExp;
}

/** What a test's pod has beside its name. */
export interface TruthPod {
  readonly cgroupParent?: string;
  readonly hostPort?: number;
  /** The one that runs, where one does. */
  readonly isReused?: boolean;
  readonly runtime?: string;
}

const KUBELET = "/usr/local/bin/kubelet";
/** The parent that a kubelet with systemd's driver gives its pods. */
const SLICE = "/kubepods.slice/kubepods-besteffort.slice";

/** A machine that is made wrong and right again. */
export class TruthNode {
  readonly jumpbox: string;
  readonly #root: string;
  readonly #exec: (argv: readonly string[]) => Promise<{ stdout: string; stderr: string }>;
  readonly #undo: (() => Promise<unknown>)[] = [];
  #pods = 0;

  constructor(machine: {
    /** The jumpbox's address. */
    readonly jumpbox: string;
    /** The host's path to the machine's root. */
    readonly root: string;
    readonly exec: (argv: readonly string[]) => Promise<{ stdout: string; stderr: string }>;
  }) {
    this.jumpbox = machine.jumpbox;
    this.#root = machine.root;
    this.#exec = machine.exec;
  }

  /** Runs a script and gives what it wrote to both streams, also where it failed. */
  async sh(script: string): Promise<string> {
    const { stdout, stderr } = await this.#exec(["sh", "-c", script]);
    return `${stdout}${stderr}`;
  }

  /** Writes a file, which is as before at the end. */
  async write(path: string, content: string | Uint8Array): Promise<void> {
    await this.#keep(path);
    await this.sh(`mkdir -p "$(dirname ${path})"`);
    await writeFile(join(this.#root, path), content);
  }

  /** Changes a file's text; rejects where there is nothing of the kind. */
  async edit(path: string, from: string | RegExp, to: string): Promise<void> {
    const text = await readFile(join(this.#root, path), "utf8");
    const changed = text.replace(from, to);
    if (changed === text) throw new Error(`Cannot change ${path}: it has no ${from}`);
    await this.write(path, changed);
  }

  /** Moves a file away until the end. */
  async hide(path: string): Promise<void> {
    await this.sh(`mv ${path} ${path}.hidden`);
    this.later(`rm -rf ${path}; mv ${path}.hidden ${path}`);
  }

  /** Puts a program in the kubelet's place: it runs, and does nothing. */
  async installKubelet(): Promise<void> {
    await writeFile(join(this.#root, KUBELET), "#!/bin/sh\nexec sleep infinity\n");
    await this.sh(`chmod 755 ${KUBELET}`);
  }

  async removeKubelet(): Promise<void> {
    await this.sh(`systemctl stop kubelet; rm ${KUBELET}`);
  }

  /** What is to be done when the case is over; the last one first. */
  later(script: string): void {
    this.#undo.push(() => this.sh(script));
  }

  /** Changes containerd's file and starts it anew. */
  async containerd(from: string | RegExp, to: string): Promise<string> {
    await this.edit("/etc/containerd/config.toml", from, to);
    return this.restart();
  }

  /** Gives a unit a drop-in that systemd has read. */
  async dropIn(unit: string, text: string): Promise<string> {
    await this.write(`/etc/systemd/system/${unit}.d/50-truth.conf`, text);
    return this.sh("systemctl daemon-reload");
  }

  /** Puts a network in the place of the node's own, with no bridge of before. */
  async network(from: string | RegExp, to: string): Promise<void> {
    await this.edit("/etc/cni/net.d/10-bridge.conflist", from, to);
    await this.#withoutBridge();
    this.#undo.push(() => this.#withoutBridge());
  }

  /** Starts containerd with all its files as they are; waits until that has worked or failed. */
  restart(): Promise<string> {
    return this.sh(
      "systemctl daemon-reload; systemctl reset-failed; systemctl restart containerd --no-block; " +
        "for i in $(seq 100); do sleep 0.1; case $(systemctl show -P SubState containerd) in running|auto-restart|failed) break; esac; done",
    );
  }

  /** What containerd has said since it was last started. */
  log(): Promise<string> {
    return this.sh(
      "journalctl -o cat _SYSTEMD_INVOCATION_ID=$(systemctl show -P InvocationID containerd)",
    );
  }

  /** Makes a pod; its id, or why there is none. */
  async runPod({ cgroupParent, hostPort, runtime = "" }: TruthPod = {}): Promise<string> {
    this.#pods += 1;
    const name = `truth-${this.#pods}`;
    const config = {
      metadata: { name, namespace: "default", uid: name },
      log_directory: `/var/log/pods/${name}`,
      ...(hostPort === undefined
        ? {}
        : { port_mappings: [{ container_port: 80, host_port: hostPort }] }),
      linux: { cgroup_parent: cgroupParent ?? SLICE },
    };
    const handler = runtime === "" ? "" : `--runtime ${runtime}`;
    return (await this.sh(`nodewright cri runp ${handler} '${JSON.stringify(config)}'`)).trim();
  }

  /** Makes a pod and runs a script with `$PID`, its first process; or says why there is no pod. */
  async inPod(script: string, pod: TruthPod = {}): Promise<string> {
    const running = pod.isReused ? (await this.sh("nodewright cri pods -q")).trim() : "";
    const id = running === "" ? await this.runPod(pod) : running;
    if (!/^[0-9a-f]{64}$/.test(id)) return id;
    const find = `PID=$(nodewright cri inspectp ${id} | grep -m1 '"pid": [0-9]' | tr -dc 0-9)`;
    return this.sh(`${find}; ${script}`);
  }

  /** Takes all pods away. */
  async removePods(): Promise<void> {
    await this.sh("nodewright cri pods -q | xargs -r nodewright cri rmp --force");
  }

  /** The machine as it was. */
  async restore(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) await undo();
    await this.restart();
    await this.removePods();
  }

  async #withoutBridge(): Promise<void> {
    await this.removePods();
    await this.sh("ip link del cni0; rm -rf /var/lib/cni/networks");
  }

  async #keep(path: string): Promise<void> {
    const host = join(this.#root, path);
    const before = await readFile(host).catch(() => undefined);
    this.#undo.push(() =>
      before === undefined ? rm(host, { force: true }) : writeFile(host, before),
    );
  }
}
