import { z } from "zod";
import { NodewrightError } from "../../base/mod.ts";
import { formatCidr, parseCidr } from "../../ip/mod.ts";
import { type Exec, execOrThrow } from "../exec.ts";

const routesSchema = z.array(
  z.looseObject({ dst: z.string(), gateway: z.string().optional(), dev: z.string().optional() }),
);

function familyOf(destination: string): "-4" | "-6" {
  return destination.includes(":") ? "-6" : "-4";
}

/** The gateways of the routes to exactly these destinations; a route without one gives `dev NAME`. */
export async function readRoutes(
  exec: Exec,
  destinations: readonly string[],
): Promise<Readonly<Record<string, string | null>>> {
  const tables = new Map<string, ReadonlyMap<string, string>>();
  // One question a family: a node of a large cluster has a thousand routes.
  for (const family of new Set(destinations.map(familyOf))) {
    const argv = ["ip", family, "-json", "route", "show", "table", "main"];
    tables.set(family, parseRoutes(await execOrThrow(exec, argv, "Cannot read the routes")));
  }
  return Object.fromEntries(
    destinations.map((destination) => [
      destination,
      tables.get(familyOf(destination))?.get(plain(destination)) ?? null,
    ]),
  );
}

/** Destination to gateway of `ip -json route show`; of several to one destination the first, which has the least metric. */
export function parseRoutes(text: string): ReadonlyMap<string, string> {
  const routes = new Map<string, string>();
  try {
    // ip prints nothing at all where there is no route
    for (const route of routesSchema.parse(JSON.parse(text.trim() || "[]"))) {
      const destination = plain(route.dst);
      if (!routes.has(destination)) {
        routes.set(destination, route.gateway ?? `dev ${route.dev ?? "?"}`);
      }
    }
  } catch (cause) {
    throw new NodewrightError("exec", "Cannot understand what ip says of routes", { cause });
  }
  return routes;
}

/** One spelling for one destination: ip leaves out the /32 of a host route. */
function plain(destination: string): string {
  const full = destination.includes("/")
    ? destination
    : `${destination}/${destination.includes(":") ? 128 : 32}`;
  const cidr = parseCidr(full);
  return cidr.ok ? formatCidr(cidr.value) : full;
}

export async function replaceRoute(exec: Exec, destination: string, via: string): Promise<void> {
  const argv = ["ip", familyOf(destination), "route", "replace", destination, ...hop(via)];
  await execOrThrow(exec, argv, `Cannot route ${destination} via ${via}`);
}

export async function removeRoute(exec: Exec, destination: string, via: string): Promise<void> {
  const argv = ["ip", familyOf(destination), "route", "del", destination, ...hop(via)];
  const result = await exec(argv);
  if (result.exitCode === 0) return;
  const now = (await readRoutes(exec, [destination]))[destination];
  if (now !== via) return; // it had gone before
  throw new NodewrightError(
    "exec",
    `Cannot remove the route ${destination} via ${via}: ${result.stderr.trim()}`,
  );
}

function hop(via: string): string[] {
  return via.startsWith("dev ") ? via.split(" ") : ["via", via];
}
