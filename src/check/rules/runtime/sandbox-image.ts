import { defaultSandboxImage, formatPath } from "../../../config/mod.ts";
import { flagValue } from "../../facts/unit-flags.ts";
import type { Found } from "../../finding.ts";
import { nodeRule, unknown } from "../../rule.ts";
import { whyMisread } from "./config-version.ts";

const FLAG = "--pod-infra-container-image";
const isPause = (reference: string): boolean => /(?:^|\/)pause(?:-[\w]+)?(?::|@|$)/.test(reference);

/** NW-A18 */
export const sandboxImage = nodeRule({
  id: "NW-A18",
  severity: "warning",
  title: "The sandbox image is the one that is brought along and that the kubelet keeps",
  stages: ["files", "running"],
  places: [
    "containerd config.toml: sandbox_image (version 2), pinned_images.sandbox (version 3 and 4)",
    "nodewright.yaml: images",
    "kubelet.service: --pod-infra-container-image (before 1.35)",
    "the running containerd: its sandbox image, images, pinned images",
  ],
  symptom:
    '`failed to get sandbox image "registry.k8s.io/pause:3.8": failed to pull image` on a node ' +
    "without a registry, at once or days later, when the kubelet has removed the image as unused.",
  why:
    "Each containerd has another default (1.7: pause:3.8, 2.0 and 2.1: 3.10, 2.2: 3.10.1, 2.3: 3.10.2), and " +
    "the reference has to be the same to the letter. The kubelet keeps what the runtime calls pinned, " +
    "which containerd does from 1.7.3 on; a kubelet before 1.29 keeps what its own flag names.",
  fix: "Write the reference in containerd's file, and bring exactly that image along.",
  provoked: {
    how: "another sandbox_image than the one imported, without a registry: the sandbox is refused",
  },
  needs: ["containerdConfig"],
  uses: ["versions", "kubeletUnit", "inventory", "runtime"],
  check({ containerdConfig: config, versions, kubeletUnit, inventory, runtime }) {
    const misread = whyMisread(config, versions);
    if (misread !== undefined) return unknown(misread);
    const named = config.sandboxImage;
    const own =
      versions?.containerd === undefined
        ? undefined
        : defaultSandboxImage(versions.containerd.text);
    const reference = named?.value ?? own;
    const location = named?.location ?? config.document.at(config.sandboxImagePath);
    if (reference === undefined) {
      return unknown("containerd's file names no sandbox image, and its version is not known");
    }
    const found: Found[] = [];
    const what = named === undefined ? `${reference} (its default)` : reference;
    if (named !== undefined && !/(?::[\w][\w.-]*|@sha256:[0-9a-f]{64})$/.test(named.value)) {
      found.push({
        message: `The sandbox image has no tag, so it is what latest is when it is pulled: ${named.value}`,
        locations: [location],
        fix: "Write the tag that is meant, such as registry.k8s.io/pause:3.10.1",
      });
    }
    const flag = kubeletUnit === undefined ? undefined : flagValue(kubeletUnit.unit, [FLAG]);
    const base = { file: config.document.file, path: config.sandboxImagePath };
    if (flag !== undefined && flag.value !== reference) {
      found.push({
        message: `The kubelet keeps another sandbox image than containerd uses: ${flag.value}, ${what}`,
        locations: [flag.location, location],
        fix: `Remove ${FLAG}, or write ${reference}`,
      });
    }
    const brought = (inventory?.images ?? []).map((image) => image.reference);
    const other = brought.find(isPause);
    if (brought.length > 0 && !brought.includes(reference)) {
      found.push({
        message:
          other === undefined
            ? `The images that are brought along lack containerd's sandbox image: ${what}`
            : `containerd uses another sandbox image than is brought along: ${what}, ${other}`,
        locations: [location],
        ...(other === undefined
          ? { fix: `Add ${reference} to images of nodewright.yaml` }
          : {
              fix: `Write ${formatPath(base.path)} = "${other}"`,
              edits: [{ ...base, set: other }],
            }),
      });
    }
    if (runtime === undefined) return found;
    return [...found, ...held(runtime, { location, hasKubelet: kubeletUnit !== undefined })];
  },
});

interface Held {
  readonly sandboxImage: string | null;
  readonly images: readonly string[];
  readonly pinnedImages: readonly string[];
}

/** What the running containerd has of the image it uses. */
function held(
  { sandboxImage: image, images, pinnedImages }: Held,
  node: { readonly location: Found["locations"][0]; readonly hasKubelet: boolean },
): Found[] {
  const { location, hasKubelet } = node;
  if (image === null) return [];
  const locations = location === undefined ? [] : [location];
  if (!images.includes(image)) {
    return [
      {
        message: `containerd does not have its sandbox image and will pull it for the next pod: ${image}`,
        locations,
        fix: "Import it (nodewright.yaml: images), or see that the registry can be reached",
      },
    ];
  }
  // Nobody but a kubelet removes images that are not used.
  if (!hasKubelet || pinnedImages.includes(image)) return [];
  return [
    {
      message: `containerd has not pinned its sandbox image, so the kubelet may remove it: ${image}`,
      locations,
      fix: `Pin it (containerd from 1.7.3 on): ctr -n k8s.io images label ${image} io.cri-containerd.pinned=pinned`,
    },
  ];
}
