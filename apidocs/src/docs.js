// Swagger UI on openapi.json. "Authorize" logs in by POST /auth/login; no client id or secret is asked for there.
/* global SwaggerUIBundle */
const ui = SwaggerUIBundle({
	url: "/openapi.json",
	domNode: document.getElementById("docs"),
	deepLinking: true,
	docExpansion: "list",
	defaultModelsExpandDepth: 0,
	displayRequestDuration: true,
	filter: true,
	persistAuthorization: false,
	tryItOutEnabled: true,
	// Theirs would ask a server elsewhere whether the document is valid.
	validatorUrl: null,
});
globalThis.ui = ui;
