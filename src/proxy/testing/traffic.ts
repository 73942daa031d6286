import { Netns, withNetns } from "../../netns/mod.ts";

/** A host of a test network: a namespace with a name. */
export interface TestHost {
  readonly name: string;
  readonly netns: Netns;
}

/**
 * A node (10.200.0.1 and 192.0.2.10) with two pods behind its bridge, and the world outside of it
 * (192.0.2.20), where a pod of another node (10.200.1.11) lives as well.
 */
export class TestNetwork implements Disposable {
  readonly #hosts = new Map<string, TestHost>();
  readonly #servers: { stop(now: true): unknown }[] = [];

  constructor() {
    for (const name of ["node", "podA", "podB", "outside"]) {
      this.#hosts.set(name, { name, netns: Netns.create() });
    }
    const run = (host: string, ...commands: readonly string[]): void => {
      for (const command of commands) this.run(host, command);
    };
    run("node", "ip link set lo up", "ip link add cni0 type bridge", "ip link set cni0 up");
    run("node", "ip addr add 10.200.0.1/24 dev cni0");
    this.#writeSysctl("node", "net/ipv4/ip_forward", "1");
    // A refusal is an ICMP message, and each host gets only so many of them, redirects included.
    this.#writeSysctl("node", "net/ipv4/icmp_ratelimit", "0");
    this.#writeSysctl("node", "net/ipv4/conf/all/send_redirects", "0");
    for (const [pod, host] of [
      ["podA", 11],
      ["podB", 12],
    ] as const) {
      this.#join(pod, `v${host}`);
      run("node", `ip link set v${host} master cni0`);
      run("node", `ip link set v${host} type bridge_slave hairpin on`);
      run(pod, `ip addr add 10.200.0.${host}/24 dev eth0`, "ip route add default via 10.200.0.1");
    }
    this.#join("outside", "uplink");
    run("node", "ip addr add 192.0.2.10/24 dev uplink", "ip route add default via 192.0.2.20");
    run("outside", "ip addr add 192.0.2.20/24 dev eth0", "ip addr add 10.200.1.11/32 dev lo");
    run("outside", "ip route add default via 192.0.2.10");
  }

  /** Joins a host's eth0 with a link of the node. */
  #join(host: string, link: string): void {
    const peer = this.netns(host);
    this.run(
      "node",
      `ip link add ${link} type veth peer name eth0 netns /proc/${process.pid}/fd/${peer.fd.number}`,
    );
    this.run("node", `ip link set ${link} up`);
    this.run(host, "ip link set lo up");
    this.run(host, "ip link set eth0 up");
  }

  #writeSysctl(host: string, name: string, value: string): void {
    this.run(host, `sysctl -qw ${name.replaceAll("/", ".")}=${value}`);
  }

  netns(host: string): Netns {
    const found = this.#hosts.get(host);
    if (found === undefined) throw new TypeError(`No such host: ${host}`);
    return found.netns;
  }

  /** Runs a command of words without quotes on a host; throws where it fails. */
  run(host: string, command: string): string {
    const child = withNetns(this.netns(host), () => Bun.spawnSync(command.split(" ")));
    if (child.exitCode === 0) return child.stdout.toString();
    throw new Error(`${host}: ${command}: ${child.stderr.toString().trim()}`);
  }

  /** Serves TCP until disposed: every client is told `NAME CLIENT_ADDRESS`, then the connection ends. */
  serve(host: string, hostname: string, port: number, name: string): Disposable {
    const server = withNetns(this.netns(host), () =>
      Bun.listen({
        hostname,
        port,
        socket: {
          open: (socket) => void socket.end(`${name} ${socket.remoteAddress}`),
          data: () => {},
        },
      }),
    );
    this.#servers.push(server);
    return { [Symbol.dispose]: () => void server.stop(true) };
  }

  /**
   * Connects from a host and gives what the server says; `refused` where it is told that nobody is
   * there, `silence` where nothing comes back in time.
   */
  async ask(host: string, hostname: string, port: number): Promise<string> {
    const answer = Promise.withResolvers<string>();
    let text = "";
    // The socket is made by the call, in that namespace; connecting goes on in it.
    const { connecting } = withNetns(this.netns(host), () => ({
      connecting: Bun.connect({
        hostname,
        port,
        socket: {
          data: (_socket, chunk) => {
            text += chunk.toString();
          },
          close: () => answer.resolve(text === "" ? "refused" : text),
          end: (socket) => void socket.end(),
        },
      }),
    }));
    connecting.catch(() => answer.resolve("refused"));
    const timer = setTimeout(() => answer.resolve("silence"), SILENCE_MS);
    try {
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      void connecting.then((socket) => socket.terminate()).catch(() => {});
    }
  }

  [Symbol.dispose](): void {
    for (const server of this.#servers) server.stop(true);
    for (const { netns } of this.#hosts.values()) netns[Symbol.dispose]();
  }
}

const SILENCE_MS = 400;
