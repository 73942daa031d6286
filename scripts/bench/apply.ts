/**
 * A first and a second apply against the tutorial's own loop: its scp, mv and systemctl
 * commands, one node after the other, with the same files on the same machines.
 */
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { sshArgs } from "../../src/lab/mod.ts";
import { type TestLab, testLab } from "../../test/support/lab.ts";
import { type BenchLine, median, timed } from "./measure.ts";

const NODES = 4;
const ROUNDS = 3;
const NOTHING_TO_DO_MS = 2000;
const LIVE_ROUNDS = 5;
const LIVE_CHECK_MS = 1500;

/** Rounds in turns: every machine is taken back to its first boot before each side. */
export async function benchApply(): Promise<BenchLine[]> {
  await using lab = await testLab({ nodes: NODES });
  const dir = await lab.cluster();
  const own = await lab.cluster("own");
  const same = await lab.cluster("same", "debian");
  for (const each of [own, same]) await withoutImages(join(each, "nodewright.yaml"));
  for (const each of [dir, own, same]) {
    await withKubectl(join(each, "nodewright.yaml"));
    // Once, so that both sides begin with packages fetched and taken apart.
    await run(["dist/nodewright", "-C", each, "artifacts"]);
  }
  const loop = await writeLoop(lab, same);
  const first: number[] = [];
  const second: number[] = [];
  const theirs: number[] = [];
  const withOwnPlugins: number[] = [];
  const withPods: number[] = [];
  // A virtual machine's host may take free memory back, and its first use costs again: each of the two
  // sides that are compared comes after one that has used, and freed, at least as much as it needs.
  for (let round = 0; round < ROUNDS; round++) {
    await lab.resetAll();
    theirs.push(await timed(() => run(["bash", loop])));
    await lab.resetAll();
    withOwnPlugins.push(await timed(() => apply(own, "--no-verify")));
    await lab.resetAll();
    withPods.push(await timed(() => apply(dir)));
    await lab.resetAll();
    first.push(await timed(() => apply(same, "--no-verify")));
    second.push(await timed(() => apply(same)));
  }
  const live: number[] = [];
  for (let round = 0; round < LIVE_ROUNDS; round++) {
    live.push(await timed(() => run(["dist/nodewright", "check", "node-0", "-C", same])));
  }
  const reference = `${seconds(median(theirs))} (the tutorial's loop)`;
  return [
    {
      what: `apply: first, ${NODES} nodes, the same files, median of ${ROUNDS}`,
      ours: seconds(median(first)),
      reference,
      ratio: median(first) / median(theirs),
      bound: 0.5,
    },
    {
      what: "apply: first, with nodewright's own CNI plugins",
      ours: seconds(median(withOwnPlugins)),
      reference,
      ratio: median(withOwnPlugins) / median(theirs),
      bound: Number.POSITIVE_INFINITY,
    },
    {
      what: "apply: first, with pods on every node verified",
      ours: seconds(median(withPods)),
      reference,
      ratio: median(withPods) / median(theirs),
    },
    {
      what: `apply: second, nothing to do, ${NODES} nodes`,
      ours: seconds(median(second)),
      reference: `${seconds(NOTHING_TO_DO_MS)} (bound)`,
      ratio: median(second) / NOTHING_TO_DO_MS,
      bound: 1,
    },
    {
      what: `check: one node as it runs, over SSH, median of ${LIVE_ROUNDS}`,
      ours: seconds(median(live)),
      reference: `${seconds(LIVE_CHECK_MS)} (bound)`,
      ratio: median(live) / LIVE_CHECK_MS,
      bound: 1,
    },
  ];
}

/** The loop sends no images: nor does the apply that is held against it. */
async function withoutImages(settings: string): Promise<void> {
  const text = await readFile(settings, "utf8");
  await writeFile(settings, text.replace(/^images:\n(?: .*\n)+/m, ""));
}

/** Of the files that the tutorial sends, Debian also has kubectl, in a newer suite. */
async function withKubectl(settings: string): Promise<void> {
  const text = await readFile(settings, "utf8");
  const line = "  kubectl: { source: debian, suite: trixie }\n";
  await writeFile(
    settings,
    text.replace(/^components:\n/m, (head) => `${head}${line}`),
  );
}

function apply(dir: string, ...options: string[]): Promise<void> {
  return run(["dist/nodewright", "apply", "-C", dir, ...options]);
}

async function run(argv: string[]): Promise<void> {
  const child = Bun.spawn(argv, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [exitCode, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if (exitCode !== 0) throw new Error(`${argv.join(" ")}: ${exitCode}\n${stdout}${stderr}`);
}

/** The tutorial's step 09 as one script: the jumpbox's loops, then what it types on each node. */
async function writeLoop(lab: TestLab, clusterDir: string): Promise<string> {
  const dir = join(lab.dir, "loop");
  const { worker, client, plugins } = await layOutDownloads(dir, clusterDir);
  const [first] = lab.machines;
  if (first === undefined) throw new Error("A lab without machines");
  // The options that sshArgs gives for a machine, without the program and the machine itself.
  const options = sshArgs(lab.lab, first)
    .slice(1, -1)
    .map((word) => `'${word}'`)
    .join(" ");
  const hosts = lab.machines.map(({ name, address }) => `${name},${address}`).join(" ");
  const configs = join(clusterDir, "configs");
  const units = join(clusterDir, "units");
  const cni = (await readdir(configs)).find((name) => name.startsWith("10-bridge")) ?? "";
  const script = `set -eu
opts=(${options})
cd ${dir}
for entry in ${hosts}; do
  name=\${entry%,*} host=\${entry#*,}
  SUBNET=$(grep " $name " ${clusterDir}/machines.txt | cut -d " " -f 4)
  sed "s|SUBNET|$SUBNET|g" ${configs}/${cni} > ${cni}
  sed "s|SUBNET|$SUBNET|g" ${configs}/kubelet-config.yaml > kubelet-config.yaml
  scp -q "\${opts[@]}" ${cni} kubelet-config.yaml root@$host:~/
done
for entry in ${hosts}; do
  host=\${entry#*,}
  scp -q "\${opts[@]}" ${worker}/* ${client}/kubectl ${configs}/containerd-config.toml \\
    ${configs}/kube-proxy-config.yaml ${units}/*.service root@$host:~/
done
for entry in ${hosts}; do
  host=\${entry#*,}
  ssh "\${opts[@]}" root@$host mkdir -p cni-plugins
  scp -q "\${opts[@]}" ${plugins}/* root@$host:~/cni-plugins/
done
for entry in ${hosts}; do
  host=\${entry#*,}
  ssh "\${opts[@]}" root@$host bash -seu <<'NODE'
swapoff -a
mkdir -p /etc/cni/net.d /opt/cni/bin /var/lib/kubelet /var/lib/kube-proxy /var/lib/kubernetes /var/run/kubernetes
mv runc /usr/local/bin/
mv containerd containerd-shim-runc-v2 ctr /bin/
mv cni-plugins/* /opt/cni/bin/
mv ${cni} /etc/cni/net.d/
modprobe br_netfilter || true
echo br_netfilter >> /etc/modules-load.d/modules.conf
echo net.bridge.bridge-nf-call-iptables = 1 >> /etc/sysctl.d/kubernetes.conf
sysctl -q -p /etc/sysctl.d/kubernetes.conf || true
mkdir -p /etc/containerd/
mv containerd-config.toml /etc/containerd/config.toml
mv containerd.service kubelet.service kube-proxy.service /etc/systemd/system/
mv kubelet-config.yaml /var/lib/kubelet/
mv kube-proxy-config.yaml /var/lib/kube-proxy/
systemctl daemon-reload
systemctl enable containerd
systemctl start containerd
systemctl is-active containerd
NODE
done
`;
  const path = join(dir, "loop.sh");
  await writeFile(path, script);
  return path;
}

interface Downloads {
  readonly worker: string;
  readonly client: string;
  readonly plugins: string;
}

/** The folders of downloads/ as the tutorial's jumpbox has them, with the very files that apply sends. */
async function layOutDownloads(dir: string, clusterDir: string): Promise<Downloads> {
  const worker = join(dir, "worker");
  const client = join(dir, "client");
  const plugins = join(dir, "cni-plugins");
  for (const folder of [worker, client, plugins]) await mkdir(folder, { recursive: true });
  const listed = Bun.spawnSync(["dist/nodewright", "artifacts", "--json", "-C", clusterDir]);
  // cast: the shape of our own command's JSON
  const { artifacts } = JSON.parse(listed.stdout.toString()) as {
    artifacts: {
      component: string;
      files?: { localPath: string; name: string; sizeBytes: number }[];
    }[];
  };
  const folders: Readonly<Record<string, string>> = { "cni-plugins": plugins, kubectl: client };
  for (const { component, files = [] } of artifacts) {
    const target = folders[component] ?? worker;
    for (const file of files) await copyFile(file.localPath, join(target, basename(file.name)));
    const megabytes = files.reduce((sum, file) => sum + file.sizeBytes, 0) / 1e6;
    if (files.length > 0) console.error(`  both send ${component}: ${megabytes.toFixed(1)} MB`);
  }
  return { worker, client, plugins };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
