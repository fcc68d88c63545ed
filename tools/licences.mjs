// Writes what the packages that are sent to browsers ask to be kept: their names and the texts of their licences, as
// npm installed them. In a folder with a package.json: licences.mjs [MORE...], each of MORE being a file beside them in
// which a package lists what is bundled into it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const RULE = "=".repeat(80);
const TEXT = /^(licen[cs]e|copying|notice|unlicense)/i;

const json = (path) => JSON.parse(readFileSync(path, "utf8"));
const text = (path) => readFileSync(path, "utf8").replace(/\r\n?/g, "\n").trim();

// Where the package in `from` finds another; undefined for one that it can do without.
function find(name, from) {
	for (let folder = from; ; folder = dirname(folder)) {
		const found = join(folder, "node_modules", name);
		if (existsSync(join(found, "package.json"))) return found;
		if (folder === dirname(folder)) return undefined;
	}
}

// The folders of all that a package needs to run, and of all that those need.
function gather(folder, found) {
	const { dependencies, peerDependencies, optionalDependencies } = json(join(folder, "package.json"));
	for (const name of Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies })) {
		const package_ = find(name, folder);
		if (package_ === undefined && dependencies?.[name]) throw new Error(`${name} is not installed`);
		if (package_ === undefined || name.startsWith("@types/") || found.has(package_)) continue;
		found.add(package_);
		gather(package_, found);
	}
	return found;
}

function address({ homepage, repository }) {
	const url = String(homepage ?? repository?.url ?? repository).replace(/^git\+/, "").replace(/\.git$/, "");
	return /^https?:/.test(url) ? url : undefined;
}

// "react 19.3.1 (MIT)", and where it comes from.
function head(folder) {
	const { name, version, license, ...rest } = json(join(folder, "package.json"));
	const known = typeof license === "string" ? ` (${license})` : "";
	return [`${name} ${version}${known}`, address(rest)].filter(Boolean).join("\n");
}

function body(folder) {
	const files = readdirSync(folder).filter((name) => TEXT.test(name)).sort();
	if (files.length > 0) return files.map((name) => text(join(folder, name))).join("\n\n");
	const { name, author, license } = json(join(folder, "package.json"));
	if (typeof license !== "string") throw new Error(`${name} does not say what its licence is`);
	const by = author?.name ?? author;
	return `${by ? `By ${by}. ` : ""}The package has no text beside the name of its licence.`;
}

const here = process.cwd();
const packages = [...gather(here, new Set())].sort((a, b) => (a < b ? -1 : 1));
const heads = new Map();
for (const folder of packages) heads.set(body(folder), [...(heads.get(body(folder)) ?? []), head(folder)]);

const parts = [...heads].map(([licence, names]) => `${RULE}\n${names.join("\n")}\n${RULE}\n\n${licence}`);
for (const path of process.argv.slice(2)) {
	parts.push(`${RULE}\nWhat is in ${relative("node_modules", path)}\n${RULE}\n\n${text(path)}`);
}
process.stdout.write(`What parley sends to browsers is made of these packages, too.\n\n${parts.join("\n\n\n")}\n`);
