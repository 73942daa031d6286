/**
 * Plugins that make themselves known by a socket in the folder plugins_registry: storage (CSI),
 * devices, drivers of dynamic resources.
 *
 * @module
 */
export {
  type PluginHandler,
  type PluginInfo,
  PluginWatcher,
  type PluginWatcherDeps,
} from "./plugin-watcher.ts";
