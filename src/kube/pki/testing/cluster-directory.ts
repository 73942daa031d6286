/** A cluster of two workers and one control-plane machine, and directories for its files: for tests. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PkiInventory, PkiRequest } from "../mod.ts";

export const NOW = new Date("2026-11-23T12:00:00Z");
export const DAY_MS = 86_400_000;

export const INVENTORY: PkiInventory = {
  workers: [
    { name: "node-0", fqdn: "node-0.kubernetes.local", addresses: ["10.0.0.10", "fd00::10"] },
    { name: "node-1", fqdn: "node-1.kubernetes.local", addresses: ["10.0.0.11"] },
  ],
  controlPlane: [{ name: "server", fqdn: "server.kubernetes.local", addresses: ["10.0.0.2"] }],
  serverHost: "server.kubernetes.local",
  serviceAddress: "10.32.0.1",
  clusterDomain: "cluster.local",
};

export const NO_NODES: PkiInventory = { ...INVENTORY, workers: [], controlPlane: [] };

export function request(changes: Partial<PkiRequest> = {}): PkiRequest {
  return {
    inventory: INVENTORY,
    server: { url: "https://server.kubernetes.local:6443", isExplicit: false },
    renew: new Set(),
    days: 365,
    now: NOW,
    ...changes,
  };
}

export async function withDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "nodewright-pki-"));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

export async function read(directory: string): Promise<Map<string, string>> {
  const names = await readdir(directory);
  return new Map(
    await Promise.all(
      names.map(
        async (name): Promise<[string, string]> => [
          name,
          await readFile(join(directory, name), "utf8"),
        ],
      ),
    ),
  );
}
