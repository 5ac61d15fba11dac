//! Fuzz targets over the public doors of the libraries.
