import { NodewrightError } from "../../base/mod.ts";
import { type ApiConnection, execInPod, KubeClient } from "../../kube/client/mod.ts";
import type { VerifyCheck } from "../../node/verify/mod.ts";
import { VERIFY_NAMESPACE, verifyPodNames } from "./api-verify-pods.ts";

const TIMEOUT_MS = 15_000;

/** What the API server fetches from a node's kubelet: the log of a verification pod, a command in it. */
export async function checkPodStreams(
  connection: ApiConnection,
  node: string,
  signal: AbortSignal,
): Promise<readonly VerifyCheck[]> {
  const [pod = ""] = verifyPodNames(node);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  using client = new KubeClient(connection);
  const logs = await tryCheck(
    { check: "pod-logs", node, expected: "its log is read" },
    async () => {
      const text = await client.logs(
        { namespace: VERIFY_NAMESPACE, name: pod },
        { tailLines: 1, signal: limit },
      );
      const line = text.trim();
      return { ok: line !== "", found: line === "" ? "its log is empty" : `it wrote "${line}"` };
    },
  );
  const exec = await tryCheck(
    { check: "pod-exec", node, expected: "hostname prints the pod's name" },
    async () => {
      const printed = (await execHostname(connection, pod, limit)).trim();
      return { ok: printed === pod, found: `hostname prints "${printed}"` };
    },
  );
  signal.throwIfAborted();
  // The answer to an upgrade that fails has no words of the reason.
  const { cause, fix } = logs;
  const isSame = !exec.ok && exec.cause === undefined && cause !== undefined && fix !== undefined;
  return [logs, isSame ? { ...exec, cause, fix } : exec];
}

async function execHostname(
  connection: ApiConnection,
  pod: string,
  signal: AbortSignal,
): Promise<string> {
  let text = "";
  const take = (chunk: Uint8Array): void => {
    text += Buffer.from(chunk).toString();
  };
  const command = { namespace: VERIFY_NAMESPACE, pod, argv: ["hostname"] };
  await execInPod(connection, command, { stdout: take, stderr: take, signal });
  return text;
}

async function tryCheck(
  check: Pick<VerifyCheck, "check" | "node" | "expected">,
  run: () => Promise<Pick<VerifyCheck, "ok" | "found">>,
): Promise<VerifyCheck> {
  try {
    return { ...check, ...(await run()) };
  } catch (thrown) {
    const { message } = NodewrightError.from(thrown, "Cannot be read");
    return { ...check, ok: false, found: message, ...causeOf(message) };
  }
}

/** The part at fault in the API server's own words about a kubelet. */
export function causeOf(message: string): Pick<VerifyCheck, "cause" | "fix"> {
  if (/certificate|x509|tls:/i.test(message)) {
    return {
      cause: "the API server does not trust the kubelet's certificate",
      fix: "see --kubelet-certificate-authority of kube-apiserver and tlsCertFile of the kubelet; nodewright pki --check",
    };
  }
  if (/unauthorized|forbidden/i.test(message)) {
    return {
      cause: "the kubelet does not let the API server in",
      fix: "the user of --kubelet-client-certificate needs the ClusterRole system:kubelet-api-admin, and authentication.x509.clientCAFile of the kubelet the authority that signed it",
    };
  }
  if (/no such host|lookup|getaddrinfo|ENOTFOUND/i.test(message)) {
    return {
      cause: "the API server does not know the node's name",
      fix: "set --kubelet-preferred-address-types=InternalIP for kube-apiserver, or add the node to its /etc/hosts",
    };
  }
  if (/timed? ?out|timeout|refused|unreachable|no route|aborted/i.test(message)) {
    return {
      cause: "the API server does not reach the kubelet's port 10250",
      fix: "accept TCP port 10250 from the control plane in the node's firewall; `ss -ltn` on the node shows whether the kubelet listens, journalctl -u kubelet why not",
    };
  }
  return {};
}
