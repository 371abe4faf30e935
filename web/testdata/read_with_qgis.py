"""What QGIS sees of the OGC APIs, as one JSON object on standard output.

read_with_qgis.py FEATURES TILES PICTURE: FEATURES is the uri of a layer for the provider OAPIF,
TILES that of its vector tiles, PICTURE where the tiles are drawn to.
"""
import json
import os
import sys

from qgis.core import (QgsApplication, QgsCoordinateReferenceSystem, QgsFeatureRequest, QgsMapRendererParallelJob,
                       QgsMapSettings, QgsRectangle, QgsVectorLayer, QgsVectorTileLayer)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

features_uri, tiles_uri, picture = sys.argv[1:4]
QgsApplication.setPrefixPath("/usr", True)
app = QgsApplication([], False)
app.initQgis()
seen = {}

layer = QgsVectorLayer(features_uri, "features", "OAPIF")
seen["valid"] = layer.isValid()
seen["crs"] = layer.crs().authid()
seen["fields"] = [f.name() for f in layer.fields()]
seen["types"] = [f.typeName() for f in layer.fields()]
features = list(layer.getFeatures())
seen["read"] = len(features)
seen["count"] = layer.featureCount()
if features:
    first = min(features, key=lambda f: f["code"])
    seen["first"] = {f.name(): str(first[f.name()]) for f in layer.fields()}
    seen["wkt"] = first.geometry().asWkt(6)
    box = first.geometry().boundingBox().buffered(0.001)
    seen["in_box"] = len(list(layer.getFeatures(QgsFeatureRequest().setFilterRect(box))))
seen["editable"] = bool(layer.dataProvider().capabilities() & layer.dataProvider().AddFeatures)

tiles = QgsVectorTileLayer(tiles_uri, "tiles")
seen["tiles_valid"] = tiles.isValid()
seen["zooms"] = [tiles.sourceMinZoom(), tiles.sourceMaxZoom()]
settings = QgsMapSettings()
settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
settings.setLayers([tiles])
settings.setOutputSize(QSize(512, 512))
settings.setBackgroundColor(QColor("white"))
settings.setExtent(QgsRectangle(11760000, 1070000, 11830000, 1140000))
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
image = job.renderedImage()
image.save(picture)
seen["drawn"] = sum(image.pixelColor(x, y) != QColor("white") for x in range(0, 512, 4) for y in range(0, 512, 4))
print(json.dumps(seen), flush=True)
os._exit(0)  # QGIS 3.22 may crash on its way out
