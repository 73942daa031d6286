import { createLogger, systemClock } from "../base/mod.ts";
import { loadSettings, runControlPlane } from "../control-plane/mod.ts";
import type { DefineCommand } from "./command.ts";
import { integerOption } from "./option-parsers.ts";

/** Where the tutorial puts the API server's files. */
const PKI = "/var/lib/kubernetes";

export const define: DefineCommand = (root, context) => {
  root
    .option("--data-dir <dir>", "where objects are kept", "/var/lib/nodewright/control-plane")
    .option("--bind-address <address>", "the address to listen on", "0.0.0.0")
    .option("--secure-port <port>", "the port to listen on", integerOption(0), 6443)
    .option("--advertise-address <address>", "where pods and nodes reach the server")
    .option("--client-ca-file <file>", "the authority of client certificates", `${PKI}/ca.crt`)
    .option("--tls-cert-file <file>", "the serving certificate", `${PKI}/kube-api-server.crt`)
    .option("--tls-private-key-file <file>", "its key", `${PKI}/kube-api-server.key`)
    .option(
      "--service-cluster-ip-range <cidr>",
      "where ClusterIPs come from; one range a family",
      "10.32.0.0/24",
    )
    .option("--service-node-port-range <range>", "where node ports come from", "30000-32767")
    .option(
      "--cluster-cidr <cidr>",
      "where nodes' pod networks come from (default: nodes keep what they have)",
    )
    .option(
      "--cluster-dns <address>",
      "the ClusterIP of the cluster's DNS (default: there is none)",
    )
    .option("--cluster-domain <domain>", "the domain of the cluster's names", "cluster.local")
    .option("--dns-port <port>", "where the server answers DNS itself", integerOption(0), 53)
    .option("--no-controllers", "the API server alone, without scheduler and controllers")
    .option(
      "--service-account-issuer <url>",
      "who tokens of ServiceAccounts say has issued them",
      "https://kubernetes.default.svc.cluster.local",
    )
    .option(
      "--service-account-signing-key-file <file>",
      "the key that signs tokens of ServiceAccounts",
      `${PKI}/service-accounts.key`,
    )
    .option(
      "--service-account-key-file <file...>",
      "further keys or certificates whose tokens count",
      [`${PKI}/service-accounts.crt`],
    )
    .option("--api-audiences <list>", "whom tokens have to be for (default: the issuer)")
    .option(
      "--kubelet-client-certificate <file>",
      "the certificate for kubelets (default: the serving certificate)",
    )
    .option("--kubelet-client-key <file>", "its key")
    .option(
      "--kubelet-certificate-authority <file>",
      "the authority of kubelets' serving certificates (default: they are not verified)",
    )
    .option(
      "--cluster-signing-cert-file <file>",
      "the authority that signs certificate requests (default: that of clients)",
    )
    .option(
      "--cluster-signing-key-file <file>",
      "its key (default: certificate requests are approved and not signed)",
    )
    .action(async (options) => {
      const settings = await loadSettings(options);
      const log = createLogger({
        program: "control-plane",
        write: (line) => void context.process.stderr.write(line),
        verbosity: context.verbose ? 2 : 0,
        processId: process.pid,
        now: Date.now,
      });
      context.afterInterrupt = undefined;
      await runControlPlane(settings, { log, clock: systemClock, signal: context.process.signal });
    });
};
