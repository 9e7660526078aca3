"""the picture of a challenge"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0048'
down_revision = '0047'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('challenge') as table:
        table.add_column(sa.Column('picture_id', sa.Integer(), nullable=True))
        table.add_column(sa.Column('picture_width', sa.Integer(), nullable=False, server_default='0'))
        table.add_column(sa.Column('picture_height', sa.Integer(), nullable=False, server_default='0'))
        table.add_column(sa.Column('picture_words', sa.String(length=250), nullable=False, server_default=''))
        table.create_foreign_key(op.f('fk_challenge_picture_id_image'), 'image', ['picture_id'], ['id'])
        table.create_index(op.f('ix_challenge_picture_id'), ['picture_id'])


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM challenge WHERE picture_id IS NOT NULL', 'Pictures of challenges would be lost.')
    with op.batch_alter_table('challenge') as table:
        table.drop_index(op.f('ix_challenge_picture_id'))
        table.drop_constraint(op.f('fk_challenge_picture_id_image'), type_='foreignkey')
        for column in ('picture_words', 'picture_height', 'picture_width', 'picture_id'):
            table.drop_column(column)
