import { nearest } from "../../../base/mod.ts";
import type { ContainerdConfig, Located } from "../../../config/mod.ts";
import type { Versions } from "../../facts/node-facts.ts";
import type { Found } from "../../finding.ts";
import { nodeRule } from "../../rule.ts";
import { CONTAINERD_PLUGINS, lacksPlugin } from "../../tables/containerd-plugins.ts";

function required(
  config: ContainerdConfig,
  entry: Located<string>,
  versions: Versions | undefined,
): Found[] {
  const { value, location } = entry;
  const disabled = config.disabledPlugins.find((one) => one.value === value);
  if (disabled !== undefined) {
    return [
      {
        message: `containerd does not start: it requires a plugin that is disabled: "${value}"`,
        locations: [disabled.location, location],
        fix: `Remove "${value}" from disabled_plugins, or from required_plugins where the node does not need it`,
      },
    ];
  }
  // A file of version 1 has short names; those of proxies are the file's own.
  const isProxy = config.reader
    .keys(["proxy_plugins"])
    .some((name) => value.endsWith(`.${name.value}`));
  if (!value.includes(".") || isProxy) return [];
  const containerd = versions?.containerd;
  if (containerd !== undefined && lacksPlugin(containerd, value)) {
    return [
      {
        message: `containerd does not start: ${containerd.text} has no plugin "${value}", which it requires`,
        locations: [location],
        fix: `Remove "${value}" from required_plugins; \`ctr plugins ls\` lists the plugins`,
      },
    ];
  }
  if (CONTAINERD_PLUGINS.includes(value)) return [];
  const near = nearest(value, CONTAINERD_PLUGINS);
  const message = `containerd does not start where it has no plugin that it requires: "${value}"`;
  if (near !== undefined) return [{ message, locations: [location], fix: `Write "${near}"` }];
  return [
    {
      severity: "warning",
      message: `containerd itself has no plugin "${value}", which it requires`,
      locations: [location],
      fix: `Remove "${value}" from required_plugins, unless this containerd is built with it`,
    },
  ];
}

/** NW-A23 */
export const requiredPlugins = nodeRule({
  id: "NW-A23",
  severity: "error",
  title: "containerd has the plugins that it requires, and none of them is disabled",
  stages: ["files"],
  places: ["containerd config.toml: required_plugins, disabled_plugins", "version of containerd"],
  symptom: "containerd ends with `required plugin [io.containerd.grpc.v1.cri] not included`.",
  why:
    "required_plugins turns a plugin that is not loaded into the end of containerd. One that is in disabled_plugins, " +
    "that has another name, or that this release does not have (2.0 renamed several), is never loaded.",
  fix: "Take the name out of one of the two lists, or write the name that `ctr plugins ls` shows.",
  provoked: { how: "CRI in both lists: containerd ends with that message (1.6.20 and 2.1.9)" },
  needs: ["containerdConfig"],
  uses: ["versions"],
  check({ containerdConfig, versions }) {
    return containerdConfig.requiredPlugins.flatMap((entry) =>
      required(containerdConfig, entry, versions),
    );
  },
});
