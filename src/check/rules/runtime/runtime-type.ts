import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { isAtLeast } from "../../version.ts";
import { whyMisread } from "./config-version.ts";

const RUNC_V2 = "io.containerd.runc.v2";
const GONE_IN_2 = new Set(["io.containerd.runtime.v1.linux", "io.containerd.runc.v1"]);

/** NW-A16 */
export const runtimeType = nodeRule({
  id: "NW-A16",
  severity: "error",
  title: "Every runtime has a type that containerd has",
  stages: ["files"],
  places: ["containerd config.toml: runtimes.*.runtime_type"],
  symptom:
    "containerd starts, and no sandbox of that runtime does: `failed to create containerd container: " +
    'create container failed validation: container.Runtime.Name must be set`, or `runtime "..." binary ' +
    "not installed`.",
  why:
    "io.containerd.runtime.v1.linux and io.containerd.runc.v1 are gone since 2.0. 1.x takes a runtime " +
    "that the file names without a type as having none, its own runc too; 2.x keeps the type of runc " +
    "alone. runc has one type: io.containerd.runc.v2. Another name that ends in runc.v2 leads to the " +
    "same shim, and containerd does not give it runc's options.",
  fix: `Write runtime_type = "${RUNC_V2}".`,
  provoked: { how: "a runc runtime without runtime_type on 1.6: the sandbox is refused" },
  needs: ["containerdConfig"],
  uses: ["versions"],
  check({ containerdConfig: config, versions }) {
    const misread = whyMisread(config, versions);
    if (misread !== undefined) return unknown(misread);
    const containerd = versions?.containerd;
    const isTwo = containerd !== undefined && isAtLeast(containerd, "2.0");
    const isOne = containerd !== undefined && !isTwo;
    return config.runtimes.flatMap(({ name, runtimeType: type }): Found[] => {
      if (name.isDefault) return [];
      const path = [...config.runtimePath, "containerd", "runtimes", name.value, "runtime_type"];
      const isRunc = name.value === "runc";
      const edits = [{ file: config.document.file, path, set: RUNC_V2 }];
      if (type.isDefault) {
        if (isRunc && (isTwo || config.version > 2)) return [];
        return [
          {
            message: `The runtime "${name.value}" has no runtime_type: containerd ${containerd?.text ?? "1.x"} then has none for it`,
            locations: [name.location],
            ...(isRunc
              ? { edits }
              : {
                  fix: `Write runtime_type of its shim: io.containerd.${name.value}.v2 or the like`,
                }),
          },
        ];
      }
      if (GONE_IN_2.has(type.value)) {
        return [
          {
            message: `The runtime "${name.value}" is of a type that containerd 2.0 has removed: ${type.value}`,
            locations: [type.location],
            edits,
            ...(isOne ? { severity: "warning" } : {}),
          },
        ];
      }
      if (type.value === RUNC_V2 || !/(?:^|\.)runc(?:\.|$)/.test(type.value)) return [];
      return [
        {
          message: `The runtime "${name.value}" is of a type that runc does not have: ${type.value}`,
          locations: [type.location],
          edits,
        },
      ];
    });
  },
});
