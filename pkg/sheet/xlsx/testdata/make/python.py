"""Writes ../openpyxl.xlsx, ../xlsxwriter.xlsx and ../pandas.xlsx."""
import datetime
import pathlib

import openpyxl
import pandas
import xlsxwriter

there = pathlib.Path(__file__).parent.parent
header = ["Name", "Phone", "Mobile", "Since", "Seen", "VIP", "Total", "Notes"]
day, moment = datetime.date, datetime.datetime
rows = {
    1: ["Mona Adel", 966501234567, "+201001234567", day(2024, 2, 29), moment(2024, 3, 1, 13, 45, 30), True, "=2*21", "line one\nline two"],
    2: ["منى عادل", 201001234567, None, day(1999, 12, 31), None, False, None, None],
    4: ["Zoë Åström 😀", None, "+4670 <1> & 2", None, None, None, None, " _x0041_ "],
}

book = openpyxl.Workbook()
book.active.title = "Other"
sheet = book.create_sheet("Contacts")
sheet.append(header)
for row, cells in rows.items():
    for column, value in enumerate(cells):
        sheet.cell(row + 1, column + 1, value)
book.save(there / "openpyxl.xlsx")

book = xlsxwriter.Workbook(there / "xlsxwriter.xlsx")
sheet = book.add_worksheet("contacts")
sheet.write_row(0, 0, header)
formats = {day: book.add_format({"num_format": "dd/mm/yyyy"}), moment: book.add_format({"num_format": "d mmm yyyy hh:mm"})}
for row, cells in rows.items():
    for column, value in enumerate(cells):
        if type(value) in formats:
            sheet.write_datetime(row, column, value, formats[type(value)])
        elif isinstance(value, str) and value.startswith("="):
            sheet.write_formula(row, column, value, value=42)
        elif value is not None:
            sheet.write(row, column, value)
book.close()

frame = pandas.DataFrame([rows[1], rows[2], [None] * 8, rows[4]], columns=header)
frame.to_excel(there / "pandas.xlsx", index=False, engine="openpyxl")
print("openpyxl", openpyxl.__version__, "xlsxwriter", xlsxwriter.__version__, "pandas", pandas.__version__)
