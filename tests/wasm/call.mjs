// Calls the module and prints what it imports, what it returned, and its size.
import { readFileSync } from "node:fs";

const bytes = readFileSync(process.argv[2]);
const module = new WebAssembly.Module(bytes);
const imports = WebAssembly.Module.imports(module).map(({ module, name }) => `${module}.${name}`);
const returned = new WebAssembly.Instance(module, {}).exports.main(0, 0);
console.log(JSON.stringify({ imports, returned, bytes: bytes.length }));
