import { NodewrightError, UsageError } from "../base/mod.ts";
import { findApiAccess } from "../bootstrap/apply/mod.ts";
import { loadCluster } from "../bootstrap/inventory/mod.ts";
import { hasStatus, KubeClient } from "../kube/client/mod.ts";
import { API } from "../kube/types/mod.ts";
import { type PodTraceSources, tracePod, traceText } from "../pod-trace/mod.ts";
import type { DefineCommand } from "./command.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit-code.ts";
import { addressBook } from "./open-cluster.ts";
import { languageOf, languageOption } from "./output/language.ts";

/** A server that says nothing for so long is dead. */
const API_TIMEOUT_MS = 10_000;

/** `trace pod NAMESPACE/NAME`: out of what the API server keeps, whatever kubelet the node has. */
export const define: DefineCommand = (root, context) => {
  root
    .command("pod")
    .description("a pod's way from its creation to Ready, and where it is stuck")
    .argument("<pod>", "NAMESPACE/NAME, or a name in the namespace default")
    .addOption(languageOption("the report"))
    .action(async (words, options) => {
      const sources = await readSources(parsePodName(words), context);
      // Programs read English.
      const language = context.json ? "en" : (options.lang ?? languageOf(context.process.env));
      const trace = tracePod(sources, language);
      if (context.json) context.out.json({ kind: "pod-trace", ...trace });
      else for (const line of traceText(trace, language)) context.out.line(line);
      if (trace.stuck !== null) context.exitCode = EXIT.FAILED;
    });
};

interface PodName {
  readonly namespace: string;
  readonly name: string;
}

function parsePodName(words: string): PodName {
  const [first = "", second, ...others] = words.split("/");
  const name = second ?? first;
  if (name === "" || first === "" || others.length > 0) {
    throw new UsageError(`Cannot find a pod of this name: ${words}`, {
      fix: "nodewright trace pod NAMESPACE/NAME",
    });
  }
  return { namespace: second === undefined ? "default" : first, name };
}

async function readSources(
  { namespace, name }: PodName,
  context: CliContext,
): Promise<PodTraceSources> {
  const { signal } = context;
  const cluster = await loadCluster(context.clusterDir);
  const access = await findApiAccess(cluster.dir, "", addressBook(cluster));
  if (access === undefined) {
    throw new NodewrightError(
      "kubeconfig",
      "Cannot ask the API server: the directory has no admin.kubeconfig",
      {
        fix: "nodewright pki makes one, with the authority of the cluster",
      },
    );
  }
  using client = new KubeClient(access.connection, { timeoutMs: API_TIMEOUT_MS });
  const pod = await client
    .get(API.pods, { namespace, name }, { signal })
    .catch((thrown: unknown) => {
      if (!hasStatus(thrown, 404)) throw thrown;
      throw new NodewrightError("kube", `Cannot find the pod ${namespace}/${name}`, {
        fix: "kubectl get pods --all-namespaces lists them",
      });
    });
  const fieldSelector = `involvedObject.uid=${pod.metadata?.uid ?? ""}`;
  const nodeName = pod.spec?.nodeName;
  const [{ items }, node] = await Promise.all([
    client.list(API.events, { namespace, fieldSelector }, { signal }),
    nodeName === undefined || nodeName === ""
      ? undefined
      : client.find(API.nodes, { name: nodeName }, { signal }),
  ]);
  const events = items.filter(({ involvedObject }) => involvedObject.uid === pod.metadata?.uid);
  return { pod, events, ...(node === undefined ? {} : { node }) };
}
