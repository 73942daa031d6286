// Files that are imported `with { type: "text" }` and have no declaration of Bun's.
declare module "*.service" {
  const text: string;
  export = text;
}
declare module "*.conflist" {
  const text: string;
  export = text;
}
declare module "*.md" {
  const text: string;
  export = text;
}
declare module "*/gitignore" {
  const text: string;
  export = text;
}
