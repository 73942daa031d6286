import { z } from "zod";
import { err, ok, type Result } from "../../base/mod.ts";

const RESOLV_CONF = z.object({
  servers: z.array(z.string()),
  searches: z.array(z.string()),
  options: z.array(z.string()),
});

const OPTIONS = z.object({
  node: z.string().min(1),
  runtimeEndpoint: z.string().min(1),
  podSubnets: z.array(z.string()).min(1),
  gateway: z.string().optional(),
  hostAddress: z.string().min(1),
  image: z.string().min(1),
  masquerade: z.boolean().optional(),
  resolvConf: RESOLV_CONF.optional(),
  podUids: z.array(z.string()).optional(),
});

const PEER = z.object({
  node: z.string(),
  pods: z.array(z.object({ name: z.string(), addresses: z.array(z.string()) })),
  host: z.object({
    address: z.string(),
    port: z.number().int().optional(),
    problems: z.array(z.object({ cause: z.string(), fix: z.string() })),
  }),
});

const SERVICES = z.object({
  name: z.string(),
  address: z.string(),
  port: z.number().int(),
  nodePort: z.number().int(),
  stickyAddress: z.string(),
  localAddress: z.string(),
  hasDns: z.boolean(),
  scope: z.enum(["node", "cluster"]),
});

/** What a pod's /etc/resolv.conf says; also what a sandbox is asked to have. */
export type ResolvConf = Readonly<z.infer<typeof RESOLV_CONF>>;

/** What verify needs to know of a node. All of it is plain data, so that it can be sent there. */
export interface VerifyOptions {
  /** The node's name, for results and for the pods' own names. */
  readonly node: string;
  readonly runtimeEndpoint: string;
  /** The node's own pod subnets in CIDR notation; the first one is the primary family. */
  readonly podSubnets: readonly string[];
  /** The address that must be the pods' default gateway; default: the subnet's first address. */
  readonly gateway?: string | undefined;
  /** The node's own primary address. */
  readonly hostAddress: string;
  /** A busybox image (sh, ip, ping, wget, httpd, hostname, cat) that the runtime already has. */
  readonly image: string;
  /**
   * Whether pods' traffic to other nodes is masqueraded (ipMasq of the bridge plugin). Undefined:
   * either is right, and what was seen is only reported.
   */
  readonly masquerade?: boolean | undefined;
  /**
   * Asked for in the sandbox and expected in the pod; undefined: what whoever made the pod asked
   * the runtime for, else the host's own file.
   */
  readonly resolvConf?: ResolvConf | undefined;
  /**
   * Pods that somebody else (the API server) has already made for this run, by uid. Then verify
   * makes and removes none itself.
   */
  readonly podUids?: readonly string[] | undefined;
}

/** What one node's `startPods` returns and another node's `checkPeers` takes. */
export interface VerifyPeer {
  readonly node: string;
  readonly pods: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  readonly host: {
    readonly address: string;
    /** Of verify's listener on the host; absent where it could not listen. */
    readonly port?: number | undefined;
    /** What is wrong with the host itself, for the other side's diagnosis. */
    readonly problems: readonly { readonly cause: string; readonly fix: string }[];
  };
}

/** Services in front of the verification pods of all nodes, as the API server has made them. */
export interface VerifyServices {
  /** `SERVICE.NAMESPACE`, of the first one. */
  readonly name: string;
  /** Its ClusterIP. */
  readonly address: string;
  /** Of each of them. */
  readonly port: number;
  readonly nodePort: number;
  /** The ClusterIP of one with `sessionAffinity: ClientIP`. */
  readonly stickyAddress: string;
  /** The ClusterIP of one with `internalTrafficPolicy: Local`. */
  readonly localAddress: string;
  /** True where the cluster has a DNS service. */
  readonly hasDns: boolean;
  /** `node`: only what this node alone is to blame for; `cluster`: DNS and other nodes' node ports too. */
  readonly scope: "node" | "cluster";
}

/** Reads options that came over a wire. */
export function parseVerifyOptions(value: unknown): Result<VerifyOptions, string> {
  return parsed(OPTIONS.safeParse(value));
}

/** Reads the peers of a `checkPeers` that came over a wire. */
export function parseVerifyPeers(value: unknown): Result<readonly VerifyPeer[], string> {
  return parsed(z.array(PEER).safeParse(value));
}

/** Reads the Services of a `checkServices` that came over a wire. */
export function parseVerifyServices(value: unknown): Result<VerifyServices, string> {
  return parsed(SERVICES.safeParse(value));
}

function parsed<T>(result: z.ZodSafeParseResult<T>): Result<T, string> {
  return result.success ? ok(result.data) : err(z.prettifyError(result.error));
}
