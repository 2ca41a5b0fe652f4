import "@fontsource-variable/nunito/wght.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/list.css";
import "./styles/details.css";
import "./styles/parts.css";
import "./styles/views.css";
import "./styles/pick.css";
import "./styles/notes.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { applyTheme } from "./state/theme.ts";
import { keepAppHere } from "./state/update.ts";

applyTheme();
const place = document.getElementById("app");
if (place) {
  createRoot(place).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
keepAppHere();
