import { z } from "zod";

/*
 * The network of a node as the node server reads it. The jumpbox parses the answer by these schemas:
 * what it prints comes from another machine.
 */

const text = z.string().max(4096);
const index = z.int();
const count = z.number().nonnegative();
const port = z.int().min(0).max(65_535);

const trafficSchema = z.strictObject({
  packets: count,
  bytes: count,
  errors: count,
  dropped: count,
});

const linkSchema = z.strictObject({
  index,
  name: text,
  /** `bridge`, `veth`; empty for hardware and `lo`. */
  kind: text,
  mac: text,
  mtu: z.int(),
  isUp: z.boolean(),
  /** The bridge whose port it is. */
  masterIndex: index.nullable(),
  /** A veth's other end, or the link below. */
  peerIndex: index.nullable(),
  /** The other end is in another network namespace. */
  isPeerElsewhere: z.boolean(),
  /** `10.200.0.1/24` */
  addresses: z.array(text),
  received: trafficSchema.nullable(),
  sent: trafficSchema.nullable(),
});

const routeSchema = z.strictObject({
  /** `0.0.0.0/0` for the default route. */
  destination: text,
  /** One of several where there are more ways. */
  gateway: text.nullable(),
  linkIndex: index.nullable(),
  type: text,
});

const netnsSchema = z.strictObject({
  links: z.array(linkSchema),
  /** Unicast routes and refusals of the main table, without the kernel's link-local ones. */
  routes: z.array(routeSchema),
});

const podSchema = z.strictObject({
  sandboxId: text,
  namespace: text,
  name: text,
  isReady: z.boolean(),
  isHostNetwork: z.boolean(),
  /** Its own network namespace; null for the node's own, and where it is gone or unknown. */
  network: netnsSchema.nullable(),
  /** Why there is no `network`, where there should be one. */
  problem: text.nullable(),
});

const reservationSchema = z.strictObject({
  network: text,
  address: text,
  /** Empty where the reservation does not say. */
  containerId: text,
  ifName: text,
});

const frontendSchema = z.strictObject({
  /** Empty for a node port. */
  address: text,
  protocol: z.int(),
  port,
  hasEndpoints: z.boolean(),
});

const flowSchema = z.strictObject({
  /** An IP protocol number. */
  protocol: z.int(),
  address: text,
  port,
  toAddress: text,
  toPort: port,
  connections: count,
});

export const nodeNetworkSchema = z.strictObject({
  host: netnsSchema,
  /** null where the runtime does not answer: `podsProblem` says why. */
  pods: z.array(podSchema).nullable(),
  podsProblem: text.nullable(),
  reservations: z.array(reservationSchema),
  /** What kube-proxy's mode nftables routes; null where there is no such table (another mode, or no proxy). */
  frontends: z.array(frontendSchema).nullable(),
  /** Tracked connections with a translated destination, counted; null where the kernel lists none. */
  flows: z.array(flowSchema).nullable(),
});

export type NodeNetwork = z.infer<typeof nodeNetworkSchema>;
export type NetnsNetwork = z.infer<typeof netnsSchema>;
export type NodeLink = z.infer<typeof linkSchema>;
export type NodeRoute = z.infer<typeof routeSchema>;
export type NodePod = z.infer<typeof podSchema>;
export type NodeReservation = z.infer<typeof reservationSchema>;
export type NodeFlow = z.infer<typeof flowSchema>;
export type LinkTraffic = z.infer<typeof trafficSchema>;
