from django.db import migrations

# As schemes were called before, and as they are called now.
NAMES = {
    "huawei-hangup": "huawei.state",
    "huawei-release-point": "huawei.release-point",
    "nxcloud-call-status": "nxcloud.call-status",
    "nxcloud-error": "nxcloud.error",
    "voicepush-call-result": "voicepush.call-result",
    "yeta-task-result": "yeta.task-result",
}


def rename(apps, schema_editor):
    codes = apps.get_model("calls", "CallCode").objects
    for before, now in NAMES.items():
        codes.filter(scheme=before).update(scheme=now)


def name_as_before(apps, schema_editor):
    codes = apps.get_model("calls", "CallCode").objects
    for before, now in NAMES.items():
        codes.filter(scheme=now).update(scheme=before)


class Migration(migrations.Migration):

    dependencies = [
        ("calls", "0003_finding"),
        ("vendors", "0004_newest_pushes"),
    ]

    operations = [migrations.RunPython(rename, name_as_before)]
