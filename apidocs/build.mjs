// Makes dist/ of src/ and of the two viewers' packages, as it is served: dist/docs/index.html is /docs. Every file but
// the pages is named by its content, so that browsers may keep it for ever.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const PACKAGES = "node_modules";
// Redoc's footer shows a picture from another host: it gets one that is empty.
const LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg";
const NONE = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E";

const text = (path) => readFileSync(path, "utf8");
// The last line names a file for debuggers that is not served.
const withoutMap = (code) => code.trimEnd().replace(/\n(?:\/\/|\/\*)# sourceMappingURL=[^\n]*$/, "\n");

function once(code, old, wanted) {
	if (code.split(old).length !== 2) throw new Error(`${old} is not there exactly once`);
	return code.replace(old, () => wanted);
}

const files = {
	"icon.svg": text("src/icon.svg"),
	"docs.css": text("src/docs.css"),
	"docs.js": text("src/docs.js"),
	"redoc.js": text("src/redoc.js"),
	"swagger-ui.css": withoutMap(text(`${PACKAGES}/swagger-ui-dist/swagger-ui.css`)),
	"swagger-ui.js": withoutMap(text(`${PACKAGES}/swagger-ui-dist/swagger-ui-bundle.js`)),
	"redoc.standalone.js": once(withoutMap(text(`${PACKAGES}/redoc/bundles/redoc.standalone.js`)), LOGO, NONE),
};
const pages = { docs: text("src/docs.html"), redoc: text("src/redoc.html") };

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist/docs/assets", { recursive: true });
mkdirSync("dist/redoc", { recursive: true });
for (const [name, content] of Object.entries(files)) {
	const hash = createHash("sha256").update(content).digest("hex").slice(0, 8);
	const hashed = name.replace(/\.(\w+)$/, `-${hash}.$1`);
	writeFileSync(`dist/docs/assets/${hashed}`, content);
	for (const page of Object.keys(pages)) {
		pages[page] = pages[page].replaceAll(`/docs/assets/${name}"`, `/docs/assets/${hashed}"`);
	}
}
for (const [page, html] of Object.entries(pages)) writeFileSync(`dist/${page}/index.html`, html);
