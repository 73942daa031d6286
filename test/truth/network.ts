import type { TruthCase, TruthNode } from "../support/truth-node.ts";

const NET = "/etc/cni/net.d";
const makePod = (node: TruthNode): Promise<string> => node.runPod();
const addresses = (node: TruthNode): Promise<string> =>
  node.inPod("nsenter --net=/proc/$PID/ns/net ip -o addr");

/** A pod's connection to the jumpbox, where nobody need listen: a refusal is an answer, too. */
const dialOut = (node: TruthNode): Promise<string> =>
  node.inPod(
    `nsenter --net=/proc/$PID/ns/net timeout 2 bash -c ': </dev/tcp/${node.jumpbox}/9' 2>&1; echo ended with $?`,
    { isReused: true },
  );

/** A network of its own on another bridge. */
const other = (name: string, ipam: string): string =>
  JSON.stringify({
    cniVersion: "1.0.0",
    name,
    plugins: [{ type: "bridge", bridge: "other0", isGateway: true, ipam: JSON.parse(ipam) }],
  });

/** Networks of pods. */
export const NETWORK_CASES: readonly TruthCase[] = [
  {
    rule: "NW-C18",
    needsKubelet: true,
    bad: (node) => node.network(/"subnet": "[^"]*"/, '"subnet": "10.200.0.0/30"'),
    see: async (node) => `${await node.runPod()}\n${await node.runPod()}`,
    says: /no IP addresses available in range set/,
  },
  {
    rule: "NW-D01",
    bad: (node) => node.containerd('bin_dir = "/opt/cni/bin"', 'bin_dir = "/usr/lib/cni"'),
    see: makePod,
    says: /failed to find plugin \\?"\w+\\?" in path \[\/usr\/lib\/cni\]/,
  },
  {
    rule: "NW-D02",
    bad: async (node) => {
      const ipam = '{ "type": "host-local", "subnet": "10.99.0.0/24" }';
      await node.write(`${NET}/05-other.conflist`, other("other", ipam));
      node.later(
        "nodewright cri pods -q | xargs -r nodewright cri rmp --force; ip link del other0",
      );
      await node.restart();
    },
    see: addresses,
    shows: /inet 10\.99\.0\./,
  },
  {
    rule: "NW-D03",
    bad: async (node) => {
      await node.hide(`${NET}/10-bridge.conflist`);
      await node.write(
        `${NET}/99-loopback.conf`,
        '{ "cniVersion": "1.0.0", "name": "lo", "type": "loopback" }\n',
      );
      await node.restart();
    },
    see: addresses,
    says: /failed to find network info for sandbox/,
  },
  {
    rule: "NW-D04",
    bad: async (node) => {
      await node.write(`${NET}/00-broken.conf`, "");
      await node.restart();
    },
    see: async (node) => `${await node.log()}${await node.sh("nodewright cri info")}`,
    says: /failed to load CNI config file/,
  },
  {
    rule: "NW-D06",
    bad: (node) => node.network('"cniVersion": "1.0.0"', '"cniVersion": "1.1.0"'),
    see: async (node) => {
      await node.restart();
      return node.runPod();
    },
    says: /unsupported CNI result version \\?"1\.1\.0\\?"/,
  },
  {
    rule: "NW-D07",
    bad: (node) => node.hide("/opt/cni/bin/portmap"),
    see: makePod,
    says: /failed to find plugin \\?"portmap\\?" in path \[\/opt\/cni\/bin\]/,
  },
  {
    rule: "NW-D08",
    bad: (node) => node.network(/"subnet": "[^"]*"/, '"subnet": "10.200.0.5/24"'),
    see: makePod,
    says: /is not a network without host bits/,
  },
  {
    rule: "NW-D13",
    bad: async (node) => {
      await node.runPod();
      await node.edit(
        `${NET}/10-bridge.conflist`,
        /"subnet": "[^"]*"/,
        '"subnet": "10.200.7.0/24"',
      );
      await node.restart();
    },
    see: makePod,
    says: /Cannot give \\?"cni0\\?" the address 10\.200\.\d\.1\/24: it has 10\.200\.0\.1\/24/,
  },
  {
    rule: "NW-D14",
    bad: async (node) => {
      const dir = "/var/lib/cni/networks/bridge";
      await node.sh(
        `mkdir -p ${dir}; for i in $(seq 2 254); do [ -e ${dir}/10.200.0.$i ] || printf 'gone%s\\r\\neth0' $i >${dir}/10.200.0.$i; done`,
      );
      node.later(`grep -l ^gone ${dir}/* | xargs rm -f`);
    },
    see: makePod,
    says: /no IP addresses available in range set: 10\.200\.0\.1-10\.200\.0\.254/,
  },
  {
    rule: "NW-D16",
    bad: (node) => node.network('"hairpinMode": true', '"hairpinMode": true, "promiscMode": true'),
    see: makePod,
    says: /\\?"hairpinMode\\?" and \\?"promiscMode\\?" exclude each other/,
  },
  {
    rule: "NW-D17",
    bad: (node) => node.network('"capabilities": { "portMappings": true }', '"capabilities": {}'),
    see: (node) => node.inPod("nft list ruleset | grep -c 18080", { hostPort: 18080 }),
    shows: /^0$/m,
  },
  {
    rule: "NW-D20",
    bad: async (node) => {
      await node.sh("iptables -P FORWARD DROP");
      node.later("iptables -P FORWARD ACCEPT");
    },
    see: dialOut,
    shows: /ended with 124/,
  },
  {
    rule: "NW-E04",
    bad: async (node) => {
      const rule = "FORWARD -p tcp --dport";
      await node.sh(`iptables -A ${rule} 8 -j ACCEPT; iptables-legacy -A ${rule} 9 -j DROP`);
      node.later(`iptables -D ${rule} 8 -j ACCEPT; iptables-legacy -D ${rule} 9 -j DROP`);
    },
    see: async (node) =>
      `${await dialOut(node)}${await node.sh("iptables-save | grep -c 'dport 9'")}`,
    shows: /ended with 124\n0\n/,
  },
  {
    rule: "NW-E10",
    needsKubelet: true,
    bad: async (node) => {
      // The bridge plugin turns it on with its first pod.
      await node.runPod();
      await node.sh("sysctl -w net.ipv4.ip_forward=0");
      node.later("sysctl -w net.ipv4.ip_forward=1");
    },
    see: dialOut,
    shows: /ended with 124/,
  },
  {
    rule: "NW-E13",
    bad: async (node) => {
      const before = (await node.sh("cat /proc/sys/net/ipv4/ip_local_port_range")).trim();
      await node.sh('sysctl -w net.ipv4.ip_local_port_range="30000 32700"');
      node.later(`sysctl -w net.ipv4.ip_local_port_range="${before}"`);
    },
    see: (node) =>
      node.sh(
        `bash -c 'exec 3<>/dev/tcp/${node.jumpbox}/22 || exec 3<>/dev/tcp/127.0.0.1/22; ss -Htnp state established' | grep pid=`,
      ),
    shows: /:3(?:[01]\d{3}|2[0-6]\d\d) +\S+:22 /,
  },
  {
    rule: "NW-F06",
    bad: async (node) => {
      await node.sh("ip link add flannel.1 type bridge");
      node.later("ip link del flannel.1");
      // A Service of a cluster that is gone, with the address of a pod of then.
      const nat = "iptables -t nat";
      await node.sh(
        `${nat} -N KUBE-SERVICES; ${nat} -A PREROUTING -j KUBE-SERVICES; ${nat} -A KUBE-SERVICES -d ${node.jumpbox} -p tcp --dport 9 -j DNAT --to-destination 192.0.2.1:9`,
      );
      node.later(
        `${nat} -D PREROUTING -j KUBE-SERVICES; ${nat} -F KUBE-SERVICES; ${nat} -X KUBE-SERVICES`,
      );
    },
    see: dialOut,
    shows: /ended with 124/,
  },
];
