// Redoc on openapi.json, in the fonts that are there.
/* global Redoc */
Redoc.init(
	"/openapi.json",
	{
		expandResponses: "200,201",
		hideDownloadButton: true,
		nativeScrollbars: true,
		pathInMiddlePanel: true,
		requiredPropsFirst: true,
		sortTagsAlphabetically: false,
		theme: {
			colors: { primary: { main: "#1f5fbf" } },
			typography: {
				fontFamily: "system-ui, sans-serif",
				headings: { fontFamily: "system-ui, sans-serif", fontWeight: "600" },
				code: { fontFamily: "ui-monospace, monospace" },
			},
		},
	},
	document.getElementById("redoc"),
);
