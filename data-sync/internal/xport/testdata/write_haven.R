library(haven)
ae <- data.frame(
  STUDYID = c("Q5","Q5","Q5","Q5"),
  USUBJID = c("Q5-1","Q5-1","Q5-2","Q5-3"),
  AESEQ = c(1, 2, 1, 1),
  AETERM = c("Headache", "Rash", "Naus\u00e9e l\u00e9g\u00e8re", ""),
  AESER = c("N","Y","N",""),
  AESTDY = labelled(c(3, tagged_na("A"), 12.5, NA), label = "Study Day of Start of Adverse Event"),
  AESTDT = as.Date(c("2026-05-11", NA, "1959-12-31", "2024-02-29")),
  AESTDTM = as.POSIXct(c("2026-05-11 10:20:30", NA, "1959-12-31 23:59:59", "2024-02-29 00:00:00"), tz="UTC"),
  AESTTM = hms::hms(c(37230, NA, 0, 86399)),
  DOSE = c(0.1, -2.5, 1e-10, 1e15),
  stringsAsFactors = FALSE)
attr(ae$AETERM, "label") <- "Reported Term for the Adverse Event"
write_xpt(ae, "haven_v5.xpt", version = 5, name = "AE", label="Adverse Events")
ae$AERELATIONSHIP <- c("RELATED","","NOT RELATED","UNLIKELY")
attr(ae$AERELATIONSHIP, "label") <- "Relationship of the adverse event to the study treatment, as assessed by the investigator"
write_xpt(ae, "haven_v8.xpt", version = 8, name = "AE", label="Adverse Events")
attr(ae$AESER, "format.sas") <- "$SERIOUSNESS"
write_xpt(ae, "haven_labelv9.xpt", version = 8, name = "AE")
