/* Sends the form of a hand-over by itself. Without this script its button does the same. */
"use strict";

document.getElementById("hand-over").submit();
