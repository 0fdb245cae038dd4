// Public face of Reports.
