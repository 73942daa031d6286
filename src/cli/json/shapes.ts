import { z } from "zod";

/** Shapes that several documents share. */
export const location = z.looseObject({
  file: z.string(),
  line: z.int().optional(),
  column: z.int().optional(),
});
export const problem = z.looseObject({
  code: z.string(),
  severity: z.enum(["error", "warning"]),
  message: z.string(),
  locations: z.array(location),
  fix: z.string().optional(),
});
export const mode = z
  .string()
  .regex(/^[0-7]{4}$/)
  .describe("permissions in octal: 0644");
export const severity = z.enum(["error", "warning"]);
export const finding = z.looseObject({
  rule: z.string(),
  severity,
  node: z.string().nullable(),
  message: z.string(),
  locations: z.array(location),
  fix: z.string(),
  isFixable: z.boolean(),
});
export const step = z.looseObject({
  kind: z.string(),
  file: z.looseObject({ path: z.string(), mode }).optional(),
});
export const titled = z.looseObject({ name: z.string(), title: z.string().optional() });
export const loose = z.looseObject({});
export const mapLink = z.looseObject({
  name: z.string(),
  kind: z.string(),
  isUp: z.boolean(),
  addresses: z.array(z.string()),
  ports: z.array(loose),
  isStray: z.boolean(),
});
