/** The service worker, built as one file: not every browser lets one import others. */

import "./notifications";
import "./share";
import "./shell";
