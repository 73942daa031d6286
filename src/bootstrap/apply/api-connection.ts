import { access } from "node:fs/promises";
import { join } from "node:path";
import { type ApiConnection, loadConnection } from "../../kube/client/mod.ts";

/** How a cluster directory leads to its API server. */
export interface ApiAccess {
  readonly connection: ApiConnection;
  /** Where the node's own kubeconfig has the API server. */
  readonly nodeServer: string | undefined;
  /** False with a node's own kubeconfig: it may see its Node, not drain it or make pods. */
  readonly isAdmin: boolean;
}

/** Machines of the inventory by every name that a kubeconfig may have for them. */
export type AddressBook = ReadonlyMap<string, string>;

/**
 * The API server through admin.kubeconfig, else through the node's own kubeconfig; undefined where
 * there is neither. A server that the inventory knows is asked at its address, so that the jumpbox
 * need not resolve its name; one that is loopback in admin.kubeconfig (the tutorial's, which is for
 * the control plane itself) is asked where the node's kubeconfig has it.
 */
export async function findApiAccess(
  clusterDir: string,
  node: string,
  addresses: AddressBook,
): Promise<ApiAccess | undefined> {
  const admin = await loadIfThere(join(clusterDir, "admin.kubeconfig"));
  const own = await loadIfThere(join(clusterDir, `${node}.kubeconfig`));
  const chosen = admin ?? own;
  if (chosen === undefined) return undefined;
  const server = isLoopback(chosen.server) && own !== undefined ? own.server : chosen.server;
  return {
    connection: atAddress({ ...chosen, server }, addresses),
    nodeServer: own?.server,
    isAdmin: admin !== undefined,
  };
}

async function loadIfThere(path: string): Promise<ApiConnection | undefined> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  return exists ? loadConnection(path) : undefined;
}

function isLoopback(server: string): boolean {
  const host = URL.canParse(server) ? new URL(server).hostname : "";
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}

function atAddress(connection: ApiConnection, addresses: AddressBook): ApiConnection {
  if (!URL.canParse(connection.server)) return connection;
  const url = new URL(connection.server);
  const address = addresses.get(url.hostname);
  if (address === undefined) return connection;
  const tlsServerName = connection.tlsServerName ?? url.hostname;
  url.hostname = address.includes(":") ? `[${address}]` : address;
  return { ...connection, server: url.href.replace(/\/$/, ""), tlsServerName };
}
