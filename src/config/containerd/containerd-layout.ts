import type { Path } from "../document/config-document.ts";
import type { SchemaNode } from "../schema/schema.ts";
import { CRI_V2, containerdV1, containerdV2 } from "./containerd-v2.ts";
import {
  CRI_IMAGES_V3,
  CRI_RUNTIME_V3,
  containerdV3,
  containerdV4,
  GRPC_SERVER_V4,
} from "./containerd-v3.ts";
/** The versions of config.toml: 1 to containerd 1.2, 2 to 1.7, 3 to 2.2, 4 from 2.3 on. */
export type ContainerdConfigVersion = 1 | 2 | 3 | 4;

/** Where each version keeps what. */
export interface Layout {
  readonly schema: SchemaNode;
  readonly runtime: Path;
  readonly images: Path;
  readonly grpc: Path;
  readonly sandboxImage: Path;
  readonly snapshotter: Path;
}

export const layoutOfCri = (schema: SchemaNode, cri: string): Layout => ({
  schema,
  runtime: ["plugins", cri],
  images: ["plugins", cri],
  grpc: ["grpc"],
  sandboxImage: ["plugins", cri, "sandbox_image"],
  snapshotter: ["plugins", cri, "containerd", "snapshotter"],
});

export const layoutV3 = (schema: SchemaNode, grpc: Path): Layout => ({
  schema,
  runtime: ["plugins", CRI_RUNTIME_V3],
  images: ["plugins", CRI_IMAGES_V3],
  grpc,
  sandboxImage: ["plugins", CRI_IMAGES_V3, "pinned_images", "sandbox"],
  snapshotter: ["plugins", CRI_IMAGES_V3, "snapshotter"],
});

export const LAYOUTS: { readonly [V in ContainerdConfigVersion]: Layout } = {
  1: layoutOfCri(containerdV1, "cri"),
  2: layoutOfCri(containerdV2, CRI_V2),
  3: layoutV3(containerdV3, ["grpc"]),
  4: layoutV3(containerdV4, ["plugins", GRPC_SERVER_V4]),
};
