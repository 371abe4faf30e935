"""What QGIS sees of WFS and WMS, as one JSON object on standard output.

read_with_qgis.py WFS WMS: the uri of a layer for the provider WFS, and of a map for the provider wms.
"""
import json
import os
import sys

from qgis.core import (QgsApplication, QgsCoordinateReferenceSystem, QgsFeatureRequest, QgsMapRendererParallelJob,
                       QgsMapSettings, QgsRasterLayer, QgsRectangle, QgsVectorLayer)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

wfs_uri, wms_uri = sys.argv[1:3]
QgsApplication.setPrefixPath("/usr", True)
app = QgsApplication([], False)
app.initQgis()
seen = {}

layer = QgsVectorLayer(wfs_uri, "features", "WFS")
seen["valid"] = layer.isValid()
seen["crs"] = layer.crs().authid()
seen["fields"] = [f.name() for f in layer.fields()]
features = list(layer.getFeatures())
seen["read"] = len(features)
seen["editable"] = bool(layer.dataProvider().capabilities() & layer.dataProvider().AddFeatures)
if features:
    seen["first"] = {f.name(): str(features[0][f.name()]) for f in layer.fields()}
    box = features[0].geometry().boundingBox()
    seen["box"] = [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()]
    seen["in_box"] = len(list(layer.getFeatures(QgsFeatureRequest().setFilterRect(box))))

picture = QgsRasterLayer(wms_uri, "map", "wms")
seen["map_valid"] = picture.isValid()
settings = QgsMapSettings()
settings.setDestinationCrs(picture.crs())
settings.setLayers([picture])
settings.setOutputSize(QSize(400, 400))
settings.setBackgroundColor(QColor("white"))
settings.setExtent(QgsRectangle(545950.125, 1059950.5, 546150.125, 1060150.5))
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
image = job.renderedImage()
red = [(x, y) for x in range(400) for y in range(400) if image.pixelColor(x, y).red() > 200 and image.pixelColor(x, y).green() < 60]
seen["red"] = len(red)
if red:
    seen["middle"] = [545950.125 + (sum(x for x, _ in red) / len(red) + 0.5) / 2, 1060150.5 - (sum(y for _, y in red) / len(red) + 0.5) / 2]
print(json.dumps(seen), flush=True)
os._exit(0)  # QGIS 3.22 may crash on its way out
