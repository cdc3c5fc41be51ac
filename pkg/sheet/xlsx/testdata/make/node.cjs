// Writes ../sheetjs.xlsx and ../exceljs.xlsx.
const path = require("path");
const XLSX = require("xlsx");
const ExcelJS = require("exceljs");

const there = path.join(__dirname, "..");
const header = ["Name", "Phone", "Mobile", "Since", "Seen", "VIP", "Total", "Notes"];
const utc = (...parts) => new Date(Date.UTC(...parts));
const rows = [
  ["Mona Adel", 966501234567, "+201001234567", utc(2024, 1, 29), utc(2024, 2, 1, 13, 45, 30), true, 42, "line one\nline two"],
  ["منى عادل", 201001234567, null, utc(1999, 11, 31), null, false, null, null],
  [],
  ["Zoë Åström 😀", null, "+4670 <1> & 2", null, null, null, null, " _x0041_ "],
];

const sheet = XLSX.utils.aoa_to_sheet([header, ...rows], { cellDates: false, UTC: true, dateNF: "yyyy-mm-dd hh:mm:ss" });
sheet.G2.f = "2*21";
const book = XLSX.utils.book_new();
XLSX.utils.book_append_sheet(book, sheet, "Sheet1");
XLSX.writeFile(book, path.join(there, "sheetjs.xlsx"), { compression: true });

const other = new ExcelJS.Workbook();
other.addWorksheet("Secret", { state: "hidden" }).addRow(["hidden"]);
other.addWorksheet("Empty");
const people = other.addWorksheet("People");
people.addRows([header, ...rows]);
people.getCell("G2").value = { formula: "2*21", result: 42 };
people.getCell("E2").numFmt = "yyyy-mm-dd hh:mm:ss";
people.getCell("A3").value = { richText: [{ font: { bold: true }, text: "منى" }, { text: " عادل" }] };
other.xlsx.writeFile(path.join(there, "exceljs.xlsx"));
console.log("xlsx", XLSX.version, "exceljs", require("exceljs/package.json").version);
