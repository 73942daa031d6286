import type { Finding } from "./local-checks.ts";
import { type PodProbe, plainAddress } from "./pod-probe.ts";
import type { VerifyOptions, VerifyPeer } from "./verify-options.ts";
import { POD_PORT } from "./verify-pods.ts";

/** From this node's pod to another node's pods and host. The other direction is the other node's. */
export async function peerChecks(
  options: VerifyOptions,
  probe: PodProbe,
  peer: VerifyPeer,
  hostAddresses: readonly string[],
): Promise<Finding[]> {
  const source = new ExpectedSource(options, probe, hostAddresses);
  const pods = peer.pods.map((pod) => toPod(probe, peer.node, pod, source));
  const { address, port } = peer.host;
  const host = port === undefined ? [] : [toHost(probe, peer.node, { address, port }, source)];
  return Promise.all([...pods, ...host]);
}

async function toPod(
  probe: PodProbe,
  node: string,
  pod: VerifyPeer["pods"][number],
  source: ExpectedSource,
): Promise<Finding> {
  const address = pod.addresses[0] ?? "";
  const answer = await probe.who(address, POD_PORT);
  const isRight = answer.ok && answer.value.name === pod.name;
  return {
    check: "pod-to-peer-pod",
    peer: node,
    ok: isRight && source.matches(answer.value.caller),
    found: !answer.ok
      ? `${address} does not answer: ${answer.error}`
      : isRight
        ? `${address} answers and sees ${answer.value.caller}`
        : `${address} answers, but it is "${answer.value.name}"`,
    expected: `${pod.name} of ${node} answers and sees ${source.text}`,
  };
}

async function toHost(
  probe: PodProbe,
  node: string,
  host: { readonly address: string; readonly port: number },
  source: ExpectedSource,
): Promise<Finding> {
  const answer = await probe.who(host.address, host.port);
  return {
    check: "pod-to-peer-host",
    peer: node,
    ok: answer.ok && source.matches(answer.value.caller),
    found: answer.ok
      ? `${host.address} answers and sees ${answer.value.caller}`
      : `${host.address} does not answer: ${answer.error}`,
    expected: `${node} answers and sees ${source.text}`,
  };
}

/** The address under which a pod should be seen outside of its node. */
class ExpectedSource {
  readonly text: string;
  readonly #accepted: readonly string[];

  constructor(options: VerifyOptions, probe: PodProbe, hostAddresses: readonly string[]) {
    const own = plainAddress(probe.pod.addresses[0] ?? "");
    const host = hostAddresses.map(plainAddress);
    if (options.masquerade === true) {
      this.text = "this node's address (ipMasq)";
      this.#accepted = host;
    } else if (options.masquerade === false) {
      this.text = `the pod's own address ${own}`;
      this.#accepted = [own];
    } else {
      this.text = "the pod's or this node's address";
      this.#accepted = [own, ...host];
    }
  }

  matches(caller: string): boolean {
    return this.#accepted.includes(caller);
  }
}
