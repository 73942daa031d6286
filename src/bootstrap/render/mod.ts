/**
 * From the cluster directory to each node's desired state: every file with its place, mode and
 * bytes, the units and what they read, routes, sysctls. Pure but for the time, which decides
 * over certificates. The tutorial's own directory, unchanged, renders to the very bytes that its
 * sed and scp send; what it leaves out is added as files of our own.
 *
 * ```ts
 * const cluster = await loadCluster(dir);
 * const renderer = new Renderer(cluster, { now: new Date() });
 * const { desired, contents, problems } = renderer.render(cluster.workers[0], artifacts);
 * ```
 *
 * @module
 */
export type { Artifacts, ImageFile } from "./artifact-files.ts";
export type { Content, RenderedFile } from "./content.ts";
export { RouteTable } from "./network-files.ts";
export {
  type RenderedNode,
  Renderer,
  type RenderOptions,
} from "./renderer.ts";
