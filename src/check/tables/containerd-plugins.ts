/**
 * The plugins that containerd has itself on Linux, as `ctr plugins ls` lists them (TYPE.ID). Read: of
 * 1.6.20 and 2.1.9. What 1.7 has is among them.
 */

const listed = (text: string): readonly string[] =>
  text
    .trim()
    .split(/\n\s*/)
    .flatMap((line) => {
      const [type = "", ...ids] = line.split(/\s+/);
      return ids.map((id) => `io.containerd.${type}.${id}`);
    });

const BOTH = listed(`
  content.v1 content
  differ.v1 walking
  event.v1 exchange
  gc.v1 scheduler
  grpc.v1 containers content cri diff events healthcheck images introspection leases namespaces
  grpc.v1 snapshots tasks version
  internal.v1 opt
  metadata.v1 bolt
  runtime.v2 task
  service.v1 containers-service content-service diff-service images-service introspection-service
  service.v1 namespaces-service snapshots-service tasks-service
  snapshotter.v1 btrfs devmapper native overlayfs
`);

/** Gone with 2.0, some of them under another name. */
const ONE = listed(`
  internal.v1 restart
  monitor.v1 cgroups
  runtime.v1 linux
  service.v1 leases-service
  snapshotter.v1 aufs zfs
`);

/** New since 1.6; some of them are in 1.7 already. */
const TWO = listed(`
  cri.v1 images runtime
  differ.v1 erofs
  grpc.v1 sandbox-controllers sandboxes streaming transfer
  image-verifier.v1 bindir
  internal.v1 tracing
  lease.v1 manager
  monitor.container.v1 restart
  monitor.task.v1 cgroups
  nri.v1 nri
  podsandbox.controller.v1 podsandbox
  sandbox.controller.v1 shim
  sandbox.store.v1 local
  shim.v1 manager
  snapshotter.v1 blockfile erofs
  streaming.v1 manager
  tracing.processor.v1 otlp
  transfer.v1 local
  ttrpc.v1 otelttrpc
  warning.v1 deprecations
`);

/** What any of the releases has. */
export const CONTAINERD_PLUGINS: readonly string[] = [...BOTH, ...ONE, ...TWO];

/** What a release lacks of them; nothing is said of 1.7, which is between the two. */
export function lacksPlugin(
  { major, minor }: { major: number; minor: number },
  uri: string,
): boolean {
  if (major >= 2) return ONE.includes(uri);
  return major === 1 && minor <= 6 && TWO.includes(uri);
}
