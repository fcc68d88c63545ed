import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Only for `npm run dev`, which serves the pages itself and leaves the rest to
// a parley that runs beside it: PARLEY_URL, or what ./dev run starts.
declare const process: { env: Record<string, string | undefined> };
const parley = process.env["PARLEY_URL"] ?? "http://localhost:8000";
const api = Object.fromEntries(
  ["/auth", "/rooms", "/users", "/health", "/ready", "/openapi.json"].map((path) => [path, parley]),
);

export default defineConfig({
  base: "/app/",
  plugins: [react()],
  server: { proxy: api },
  preview: { proxy: api },
  build: {
    target: "es2022",
    // parley's Content-Security-Policy takes nothing inline: every file is a
    // file of its own, named by its content.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
  },
});
